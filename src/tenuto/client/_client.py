"""The client: a method for each thing that a server can be asked."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any, Self, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from tenuto.client._transport import ServiceError, Transport, opened
from tenuto.errors import SettingsError
from tenuto.shapes import (
    About,
    Charted,
    Day,
    Item,
    ItemId,
    Listener,
    Page,
    Publication,
    Receipt,
    Score,
    Song,
    Songs,
    UserId,
)

Id = UserId | ItemId
_API = "/api/v1"
_BATCH = 1000
Answer = TypeVar("Answer")


class Client:
    """Asks the server at ``address``; one for many requests, threads may share it.

    Parameters
    ----------
    token : by default that in the environment, as TENUTO_TOKEN
    retries : how often a request is sent again where the server is busy or cannot be reached;
        feedback too, since its key keeps it from being written twice
    allow_http : send the token over plain HTTP to another machine
    http : an httpx client to use in place of one's own, with address and token

    Raises
    ------
    SettingsError : without a token, or if it would travel readable for others
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        *,
        timeout_s: float = 10.0,
        retries: int = 3,
        allow_http: bool = False,
        http: Any = None,
    ):
        token = token or os.environ.get("TENUTO_TOKEN")
        if http is None and not token:
            raise SettingsError(
                "a client needs a token", mend="tenuto token create WORKSPACE --role read"
            )
        http = http or opened(address, token or "", timeout_s, allow_http)
        self._transport = Transport(http, retries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._transport.close()

    # Listeners.

    def about(self) -> About:
        """What is served."""
        return self._get(About, "/about")

    def listener(self, user_id: Id) -> Listener | None:
        """Score, reasons and action of one listener; None for somebody whom nobody knows."""
        return self._maybe(Listener, f"/listeners/{_part(user_id)}")

    def listeners(self, user_ids: Sequence[Id]) -> list[Listener | None]:
        """The same for many, in their order."""
        found: list[Listener | None] = []
        for first in range(0, len(user_ids), _BATCH):
            body = {"user_ids": list(user_ids[first : first + _BATCH])}
            said = self._post(dict[str, list[Listener | None]], "/listeners/batch", body)
            found += said["listeners"]
        return found

    def days(self, user_id: Id) -> list[Day]:
        """What the listener did, day by day."""
        return self._get(dict[str, list[Day]], f"/listeners/{_part(user_id)}/days")["days"]

    def score_history(self, user_id: Id) -> list[Score]:
        """What each run said of the listener."""
        return self._get(dict[str, list[Score]], f"/listeners/{_part(user_id)}/scores")["scores"]

    def call_list_page(self, page: int = 1, page_size: int = 50, **wanted: Any) -> Page[Listener]:
        """One page of the call list; ``wanted`` as `call_list` has it."""
        query = wanted | {"page": page, "page_size": page_size}
        return self._get(Page[Listener], "/call-list", query)

    def call_list(self, **wanted: Any) -> Iterator[Listener]:
        """The call list from its first place on, asked for page by page.

        ``wanted`` narrows it: ``action``, ``plan``, ``reason``, ``search``, ``min_probability``;
        and ``sort``.
        """
        page = self.call_list_page(1, 500, **wanted)
        yield from page.rows
        for number in range(2, page.pages + 1):
            yield from self.call_list_page(number, 500, **wanted).rows

    # Songs.

    def recommend(
        self,
        user_id: Id,
        which: str = "mix",
        n: int = 20,
        *,
        hour: int | None = None,
        device: str | None = None,
        seeds: Sequence[Id] = (),
    ) -> Songs:
        """A list for one listener: "keep", "discover", "mix" or "hot"."""
        path = f"/listeners/{_part(user_id)}/recommendations"
        asked = {"list": which, "n": n, "hour": hour, "device": device}
        if not seeds:
            return self._get(Songs, path, asked)
        return self._post(Songs, path, asked | {"seeds": list(seeds)})

    def song(self, item_id: Id) -> Item | None:
        """One song; None where there is none."""
        return self._maybe(Item, f"/songs/{_part(item_id)}")

    def find_songs(self, search: str, n: int = 20) -> list[Item]:
        """Songs by words of their title or artist."""
        return self._get(dict[str, list[Item]], "/songs", {"search": search, "n": n})["songs"]

    def similar(self, item_id: Id, n: int = 10) -> list[Song]:
        """Songs like one song."""
        path = f"/songs/{_part(item_id)}/similar"
        return self._get(dict[str, list[Song]], path, {"n": n})["songs"]

    def charts(self) -> dict[str, list[Charted]]:
        """What is played most, this "week" and this "month"."""
        return self._get(dict[str, list[Charted]], "/charts")

    # Feedback: needs the role feedback.

    def say(self, user_id: Id, item_id: Id, word: str, key: str | None = None) -> Receipt:
        """Write down "play", "like" or "dislike"; it is on the server's disk when this returns.

        ``key`` keeps a word that is sent twice from being written twice; one is drawn where none
        is given, for the repeats of this call.
        """
        body = {"user_id": user_id, "item_id": item_id, "word": word}
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        said = self._transport.send("POST", f"{_API}/feedback", body=body, headers=headers)
        return _read(Receipt, said)

    def undo(self, receipt_id: int) -> Receipt:
        """Take a word back."""
        return _read(Receipt, self._transport.send("DELETE", f"{_API}/feedback/{receipt_id}"))

    def words_of(self, user_id: Id) -> list[Receipt]:
        """What a listener said, in order."""
        return self._get(dict[str, list[Receipt]], f"/listeners/{_part(user_id)}/feedback")["words"]

    # Runs and publications.

    def table(self, topic: str, day: date | None = None) -> dict[str, list[dict[str, Any]]]:
        """The rows of the tables of a topic, such as "cohorts", by the names of the tables."""
        said = self._get(dict[str, Any], f"/{_part(topic)}", {"day": day and day.isoformat()})
        return {name: table["rows"] for name, table in said["tables"].items()}

    def publications(self) -> list[Publication]:
        """What is on the shelf of the server, newest first."""
        return self._get(dict[str, list[Publication]], "/publications")["publications"]

    def publish(self, day: date | None = None) -> Publication:
        """Publish a run, by default the latest; needs the role admin."""
        body = {"day": day.isoformat() if day else None}
        return self._post(Publication, "/publications", body, may_repeat=False)

    def go_back(self) -> Publication:
        """Serve again what was served before; needs the role admin."""
        return self._post(Publication, "/publications/back", None, may_repeat=False)

    def _get(self, kind: type[Answer], path: str, query: dict[str, Any] | None = None) -> Answer:
        return _read(kind, self._transport.send("GET", _API + path, query=query))

    def _post(self, kind: type[Answer], path: str, body: Any, *, may_repeat: bool = True) -> Answer:
        return _read(
            kind, self._transport.send("POST", _API + path, body=body, may_repeat=may_repeat)
        )

    def _maybe(self, kind: type[Answer], path: str) -> Answer | None:
        try:
            return self._get(kind, path)
        except ServiceError as refused:
            if refused.kind == "not-found":
                return None
            raise


def _part(said: Id) -> str:
    """An id as a part of an address, whatever signs it is made of."""
    return quote(str(said), safe="")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _read(kind: Any, said: bytes) -> Any:
    """``said`` as a ``kind``, which may be a type made of types."""
    return _adapter(kind).validate_json(said)
