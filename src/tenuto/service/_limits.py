"""What one caller may ask for: so many requests a second, and so many bytes in each."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tenuto.service._problems import Refusal


@dataclass(frozen=True)
class Limits:
    """What a caller may ask for.

    ``requests_per_s`` and ``burst`` are those of each token; ``failures_per_s`` and
    ``failure_burst`` those of each address that comes without a token, or with a wrong one.
    """

    requests_per_s: float = 1000.0
    burst: float = 2000.0
    failures_per_s: float = 1.0
    failure_burst: float = 30.0
    max_body_bytes: int = 256 * 1024
    max_at_once: int = 500
    patience_s: float = 20.0


class Buckets:
    """A bucket of tokens for each key: it fills at ``per_s``, holds ``burst``, a request takes one.

    The clock is one that no change of the system's time moves. The key that was quiet for longest
    is forgotten where there are more than ``max_keys``: it had filled up again.
    """

    def __init__(
        self,
        per_s: float,
        burst: float,
        max_keys: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._per_s, self._burst, self._max_keys, self._clock = per_s, burst, max_keys, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """Take one; 0 if there was one, else the seconds until there is."""
        now = self._clock()
        left, since = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_s)
        has_one = left >= 1.0
        self._left[key] = (left - 1.0 if has_one else left, now)
        if len(self._left) > self._max_keys:
            self._left.popitem(last=False)
        return 0.0 if has_one else (1.0 - left) / self._per_s


def too_many(wait_s: float) -> Refusal:
    """The refusal of a caller who has to wait."""
    seconds = max(1, int(wait_s + 0.999))
    return Refusal(
        "too-many",
        mend=f"wait {seconds} s; batches take many listeners in one request",
        headers={"Retry-After": str(seconds)},
    )


class BodyLimit:
    """Refuse bodies above ``max_bytes``, by what they declare and by what comes.

    Whoever sends nothing more for ``patience_s`` seconds is not waited for.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, patience_s: float):
        self.app, self.max_bytes, self.patience_s = app, max_bytes, patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        if _declared(scope) > self.max_bytes:
            await self._refusal().answer()(scope, receive, send)
            return
        n_bytes, is_whole = 0, False

        async def count() -> Message:
            nonlocal n_bytes, is_whole
            if is_whole:
                # What comes now is the end of the connection, whenever that is.
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self.patience_s)
            except TimeoutError:
                raise Refusal("slow") from None
            is_whole = not message.get("more_body", False)
            n_bytes += len(message.get("body", b""))
            if n_bytes > self.max_bytes:
                raise self._refusal()
            return message

        await self.app(scope, count, send)

    def _refusal(self) -> Refusal:
        return Refusal(
            "too-large",
            f"a body has at most {self.max_bytes:,} bytes",
            mend="send fewer listeners at once",
        )


def _declared(scope: Scope) -> int:
    """Bytes that the request says it has; 0 where it says nothing that is a number."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else 0
    return 0
