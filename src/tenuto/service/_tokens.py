"""Tokens: who may ask, kept as SHA-256 in WORKSPACE/serving/tokens.json, never as they are.

    tenuto_1f0c9a7e_q1w2…    what a caller sends: an id, which is no secret, and 256 random bits

The file is readable by its owner alone. A secret of 256 random bits needs no slow hash: nobody
can try them all, and a fast one keeps each request fast.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import filelock

from tenuto.errors import SettingsError, WorkspaceError
from tenuto.record import read_json, to_json
from tenuto.service._roles import Role

_PREFIX, _FORMAT = "tenuto", 1
_PATIENCE_S = 10.0
#: Far over any list of tokens.
_MAX_BYTES = 1 << 20
# Compared with where nobody has the id, so that an unknown id takes as long as a wrong secret.
_NOBODY = "0" * 64


@dataclass(frozen=True)
class Token:
    """One token as it is kept; ``expires`` is the first day (UTC) on which it is refused."""

    id: str
    name: str
    role: str
    sha256: str
    created: str
    expires: str | None = None

    def is_over(self, today: date) -> bool:
        return self.expires is not None and today.isoformat() >= self.expires


class TokenBook:
    """The tokens of one workspace; a change of the file counts from the next request on."""

    def __init__(self, root: Path | str):
        self.file = Path(root) / "serving" / "tokens.json"
        self._seen: tuple[int, int, int] | None = None
        self._tokens: dict[str, Token] = {}

    def all(self) -> list[Token]:
        """Every token, by name and id.

        Raises
        ------
        WorkspaceError : if the file is damaged, or others may read it
        """
        return sorted(self._current().values(), key=lambda token: (token.name, token.id))

    def create(self, name: str, role: str, days: int | None = None) -> tuple[Token, str]:
        """A new token, and the text to hand over, which cannot be shown again.

        ``days`` is how many days it holds; None means until it is revoked.
        """
        identity, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        text = f"{_PREFIX}_{identity}_{secret}"
        today = _today()
        expires = None if days is None else (today + timedelta(days=days)).isoformat()
        role = Role.called(role).word
        token = Token(identity, name, role, _digest(text), today.isoformat(), expires)
        with self._writing() as tokens:
            tokens[identity] = token
        return token, text

    def revoke(self, name: str) -> list[Token]:
        """Take away the token with the id ``name``, or all that are called so.

        Raises
        ------
        SettingsError : if there is none
        """
        with self._writing() as tokens:
            gone = [token for token in tokens.values() if name in (token.id, token.name)]
            if not gone:
                raise SettingsError(
                    f"no token has the name or id '{name}'", mend="tenuto token list WORKSPACE"
                )
            for token in gone:
                del tokens[token.id]
        return gone

    def holder_of(self, text: str) -> Token | None:
        """The token that ``text`` is, or None; takes as long whichever part is wrong."""
        # Not by text alone: bytes that are no ASCII cannot be compared in constant time.
        parts = text.split("_", 2)
        token = self._current().get(parts[1]) if len(parts) == 3 else None
        is_right = hmac.compare_digest(_digest(text), token.sha256 if token else _NOBODY)
        return token if token and is_right and not token.is_over(_today()) else None

    def holder_with_id(self, identity: str) -> Token | None:
        """The token with this id, if it still holds: a session goes when its token goes."""
        token = self._current().get(identity)
        return None if token is None or token.is_over(_today()) else token

    def _current(self) -> dict[str, Token]:
        try:
            found = self.file.stat()
        except FileNotFoundError:
            self._seen, self._tokens = None, {}
            return self._tokens
        seen = (found.st_mtime_ns, found.st_size, found.st_ino)
        if seen != self._seen:
            self._refuse_odd(found)
            self._seen, self._tokens = seen, self._read()
        return self._tokens

    def _refuse_odd(self, found: os.stat_result) -> None:
        if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o077:
            raise WorkspaceError(f"others may read {self.file}", mend=f"chmod 600 {self.file}")
        if found.st_size > _MAX_BYTES:
            raise WorkspaceError(f"{self.file} is too large for a list of tokens", mend=_ANEW)

    def _read(self) -> dict[str, Token]:
        try:
            written = read_json(self.file)
            if written["format"] != _FORMAT:
                raise ValueError(f"format {written['format']}")
            tokens = [_checked(entry) for entry in written["tokens"]]
        except (KeyError, TypeError, ValueError, SettingsError) as problem:
            raise WorkspaceError(f"{self.file} cannot be read: {problem}", mend=_ANEW) from problem
        return {token.id: token for token in tokens}

    def _writing(self) -> _Change:
        return _Change(self)


_ANEW = "remove it and make new tokens: tenuto token create WORKSPACE --role read"


class _Change:
    """The tokens, locked against other writers; written when the block ends without an error."""

    def __init__(self, book: TokenBook):
        self._book = book
        book.file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = filelock.FileLock(book.file.with_suffix(".lock"), timeout=_PATIENCE_S)
        self._tokens: dict[str, Token] = {}

    def __enter__(self) -> dict[str, Token]:
        try:
            self._lock.acquire()
        except filelock.Timeout as busy:
            raise WorkspaceError(
                f"another process is writing {self._book.file}", mend="try again"
            ) from busy
        self._tokens = dict(self._book._current())
        return self._tokens

    def __exit__(self, kind: Any, *_: Any) -> None:
        try:
            if kind is None:
                _write(self._book.file, self._tokens.values())
        finally:
            self._lock.release()


def _write(file: Path, tokens: Any) -> None:
    """Whole or not at all, and never, even for a moment, readable by others."""
    ordered = sorted(tokens, key=lambda token: token.id)
    content = to_json({"format": _FORMAT, "tokens": [asdict(token) for token in ordered]})
    aside = file.with_suffix(".aside")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(content + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(aside, file)


def _checked(entry: dict[str, Any]) -> Token:
    token = Token(**entry)
    Role.called(token.role)
    if len(token.sha256) != len(_NOBODY) or not token.sha256.isascii():
        raise ValueError("a digest is not one of SHA-256")
    return token


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _today() -> date:
    return datetime.now(UTC).date()
