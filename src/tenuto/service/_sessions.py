"""Browser sessions: a signed cookie that ends with the token behind it, or with the server.

    TOKEN-ID.ENDS.NUMBER.SIGNATURE    ENDS in seconds since 1970, NUMBER drawn by chance

The key is drawn when the server starts and is written nowhere. The cookie holds no secret of the
caller's; whether the token behind it still holds is asked anew at each request.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

COOKIE = "tenuto_session"
LIFETIME_S = 12 * 3600


@dataclass(frozen=True)
class Session:
    """Somebody who has signed in; ``number`` tells this session from others of the same token."""

    token_id: str
    ends: int
    number: str


class Sessions:
    """Begins, recognises and ends sessions.

    Parameters
    ----------
    key : at least 32 bytes; the workers of one server share it
    clock : seconds since 1970
    """

    def __init__(self, key: bytes | None = None, clock: Callable[[], float] = time.time):
        self._key = key or secrets.token_bytes(32)
        self._clock = clock
        self._over: dict[str, int] = {}

    def begin(self, token_id: str) -> str:
        """A cookie for the holder of ``token_id``."""
        said = f"{token_id}.{int(self._clock()) + LIFETIME_S}.{secrets.token_urlsafe(18)}"
        return f"{said}.{self._sign('session', said)}"

    def read(self, cookie: str) -> Session | None:
        """The session that ``cookie`` stands for; None if it is forged, over or ended."""
        said, _, signature = cookie.rpartition(".")
        if not _same(signature, self._sign("session", said)):
            return None
        token_id, ends, number = said.split(".")
        session = Session(token_id, int(ends), number)
        is_over = session.ends <= self._clock() or number in self._over
        return None if is_over else session

    def end(self, session: Session) -> None:
        """Refuse the session from now on, whoever kept its cookie."""
        now = self._clock()
        self._over = {number: ends for number, ends in self._over.items() if ends > now}
        self._over[session.number] = session.ends

    def form_code(self, session: Session) -> str:
        """What every form of this session has to send back, see `_csrf`."""
        return self._sign("form", session.number)

    def _sign(self, what: str, said: str) -> str:
        text = f"{what}:{said}".encode("utf-8", "surrogatepass")
        signed = hmac.new(self._key, text, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def _same(one: str, other: str) -> bool:
    """Compare in constant time; text that is no ASCII is never the same."""
    return one.isascii() and hmac.compare_digest(one, other)
