"""The secret behind pseudonyms and tombstones; whoever has it can tell who is behind them.

It comes from the environment (``TENUTO_PRIVACY_KEY``) or from a file that ``[privacy] key_file``
names, and never lies in the workspace: a copy of the workspace alone then tells nobody.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path

from tenuto.errors import SettingsError
from tenuto.workspace import Workspace

KEY_VARIABLE = "TENUTO_PRIVACY_KEY"
#: Fewer characters can be guessed; 32 hexadecimal ones are 128 bits.
FEWEST_CHARACTERS = 32
_HOW_TO_MAKE_ONE = (
    f"export {KEY_VARIABLE}=$(openssl rand -hex 32), keep it in a safe place outside the "
    "workspace, and set it for every command; or name a file with [privacy] key_file"
)


@dataclass(frozen=True)
class Key:
    """A secret; it is not shown where the object is printed."""

    secret: bytes = field(repr=False)

    def digest(self, purpose: str, text: str) -> bytes:
        """HMAC-SHA256 of ``text``, another one for every purpose (RFC 2104)."""
        return hmac.digest(self.secret, f"{purpose}\x1f{text}".encode(), hashlib.sha256)

    def fingerprint(self) -> str:
        """By which two secrets can be told apart, and nothing else be told of them."""
        return self.digest("fingerprint", "").hex()[:16]

    def pseudonym(self, user_id: int | str) -> int | str:
        """What stands for a listener: text for text, a positive whole number for a number.

        63 of the 256 bits make a number: of 100 million listeners, two share one with a chance
        of 1 in 2,000.
        """
        digest = self.digest("pseudonym", str(user_id))
        if isinstance(user_id, int):
            return int.from_bytes(digest[:8], "big") >> 1
        return digest.hex()[:32]

    def tombstone(self, user_id: int | str) -> str:
        """What is left of a listener who is forgotten."""
        return self.digest("tombstone", str(user_id)).hex()


def key_of(workspace: Workspace) -> Key:
    """The secret of ``workspace``: of the environment, else of the file of the settings.

    Raises
    ------
    SettingsError : if there is none, it is short, or its file lies in the workspace or is open
        to others
    """
    given = os.environ.get(KEY_VARIABLE) or _of_file(workspace)
    if not given:
        raise SettingsError(
            "there is no secret to make pseudonyms and tombstones with", mend=_HOW_TO_MAKE_ONE
        )
    if len(given) < FEWEST_CHARACTERS:
        raise SettingsError(
            f"the privacy key has {len(given)} characters, fewer than {FEWEST_CHARACTERS}",
            mend=_HOW_TO_MAKE_ONE,
        )
    return Key(given.encode())


def _of_file(workspace: Workspace) -> str:
    named = workspace.settings.privacy.key_file
    if not named:
        return ""
    file = Path(os.path.normpath(workspace.root.resolve() / Path(named).expanduser()))
    if file.resolve().is_relative_to(workspace.root.resolve()):
        raise SettingsError(
            f"privacy.key_file {file} lies in the workspace, and would be copied along with it",
            mend="move it out, and name the new place",
        )
    try:
        text = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as failure:
        raise SettingsError(
            f"privacy.key_file {file} cannot be read: {failure}",
            mend="name the file that holds the secret, as text",
        ) from failure
    # Windows has no such bits: there it is the folder that keeps others out.
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise SettingsError(
            f"privacy.key_file {file} can be read by others", mend=f"chmod 600 {file}"
        )
    return text
