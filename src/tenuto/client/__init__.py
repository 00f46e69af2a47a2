"""Ask a served workspace from Python: typed answers over HTTP, and nothing else of Tenuto loaded.

    from tenuto.client import Client

    with Client("http://127.0.0.1:8000", token) as tenuto:
        songs = tenuto.recommend(42, "discover", n=10)

It needs nothing of Tenuto but httpx.
"""

from tenuto.client._client import Client
from tenuto.client._transport import ServiceError
from tenuto.shapes import (
    About,
    Charted,
    Day,
    Item,
    Listener,
    Page,
    Publication,
    Reason,
    Receipt,
    Score,
    Song,
    Songs,
)

__all__ = [
    "About",
    "Charted",
    "Client",
    "Day",
    "Item",
    "Listener",
    "Page",
    "Publication",
    "Reason",
    "Receipt",
    "Score",
    "ServiceError",
    "Song",
    "Songs",
]
