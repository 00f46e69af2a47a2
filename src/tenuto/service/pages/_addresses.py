"""Addresses of pages about one listener or one song, whatever signs their ids are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit


def listener(user_id: Any, **asked: Any) -> str:
    """The page of a listener."""
    return with_query(f"/listeners/{quote(str(user_id), safe='')}", asked)


def song(item_id: Any) -> str:
    """The page of a song."""
    return f"/songs/{quote(str(item_id), safe='')}"


def with_query(path: str, asked: Mapping[str, Any]) -> str:
    """``path`` with what is asked for; what is empty is left out."""
    there = {name: value for name, value in asked.items() if value not in (None, "", [])}
    return f"{path}?{urlencode(there, doseq=True)}" if there else path


def of_this_server(address: str | None) -> str:
    """``address`` if it is a path of this server, else the first page: nobody is led away."""
    if not address or not address.startswith("/"):
        return "/"
    if address.startswith(("//", "/\\")) or any(ord(sign) < 32 for sign in address):
        return "/"
    parts = urlsplit(address)
    return "/" if parts.scheme or parts.netloc else address
