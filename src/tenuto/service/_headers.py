"""What every answer carries so that a browser does nothing with it that was not meant.

Answers of the API may load nothing at all. Pages may load their own files, and those inline
styles and scripts that carry the number drawn for this one answer (``csp_nonce`` of the scope).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tenuto.service._problems import Refusal

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not no-referrer: browsers would then send "Origin: null" with our own forms.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_CACHE = (b"cache-control", b"no-store")
_CSP = b"content-security-policy"
_OF_API = (
    _CSP,
    b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
_OF_PAGES = (
    "default-src 'none'; style-src 'self' 'nonce-{nonce}'; script-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class SafeHeaders:
    """Add what is missing; a header that an answer sets by itself stays."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        policy = _policy(scope)

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name for name, _ in message["headers"]}
                wanted = (*_ALWAYS, _CACHE, policy)
                message["headers"] = [
                    *message["headers"],
                    *(header for header in wanted if header[0] not in there),
                ]
            await send(message)

        await self.app(scope, receive, add)


def is_api(path: str) -> bool:
    """Whether programs are answered at ``path``, not people."""
    return path.startswith("/api/") or path == "/metrics"


class _OutsideApi(Convertor[str]):
    """Any path but those of the API: in a route for pages, ``/{path:page}``."""

    regex = r"(?!api/|metrics$).*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("page", _OutsideApi())


def _policy(scope: Scope) -> tuple[bytes, bytes]:
    if is_api(scope["path"]):
        return _OF_API
    nonce = scope["csp_nonce"] = secrets.token_urlsafe(16)
    return _CSP, _OF_PAGES.format(nonce=nonce).encode()


class KnownHosts:
    """Refuse a name that is not ours: another site whose name leads to this machine gets nothing.

    ``hosts`` are names without a port; ``*`` takes every name.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]):
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "*" in self.hosts or _host(scope) in self.hosts:
            await self.app(scope, receive, send)
            return
        mend = "name the hosts that are served: tenuto serve WORKSPACE --allow-host NAME"
        await Refusal("unknown-host", mend=mend).answer()(scope, receive, send)


def _host(scope: Scope) -> str:
    """The name that was asked for, without its port; empty where there is none, or two."""
    found = [value for name, value in scope["headers"] if name == b"host"]
    if len(found) != 1:
        return ""
    host = found[0].decode("latin-1").lower()
    if host.startswith("["):
        return host.partition("]")[0].removeprefix("[")
    return host.partition(":")[0]
