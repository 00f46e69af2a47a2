"""A desk that answers from memory: what `tenuto.serving.Answers` promises, on three listeners."""

from __future__ import annotations

from datetime import date
from typing import Any

from tenuto.errors import UnknownName
from tenuto.serving import (
    About,
    Charted,
    Day,
    Item,
    Listener,
    Page,
    Reason,
    Receipt,
    Score,
    Song,
    Songs,
)

DAY = date(2017, 5, 13)
PUBLICATION = "00000001-2017-05-13"
#: A title as somebody who means ill would choose it.
HOSTILE = '<script>alert("1")</script>'
FORMULA = '=HYPERLINK("http://evil.example","x")'


def reason(sentence: str = "Last heard 9 days ago; usual gaps are 2 days") -> Reason:
    return Reason("gone_quiet", "gone quiet", sentence, 0.8, True, "days_since_last_play", 9.0, 2.0)


def listener(user_id: int, rank: int) -> Listener:
    return Listener(
        user_id=user_id,
        probability=1 / (rank + 1),
        percentile=1 - rank / 10,
        rank=rank,
        band="highest",
        is_active=True,
        plan="paid",
        device="ar",
        first_day=date(2017, 3, 30),
        last_day=date(2017, 5, 4),
        days_since_last_event=9,
        action="songs_by_mail",
        action_words="mail songs",
        in_campaign=True,
        place=rank,
        value=100.0,
        expected_value=1.5,
        reasons=(reason(), reason(FORMULA)),
        reasons_note=None,
        songs=((298250, HOSTILE),),
    )


class FakeDesk:
    """Listeners 1, 2 and 3, songs 10 and 11; ``broken`` is raised by every question."""

    def __init__(self) -> None:
        self.listeners = {number: listener(number, number) for number in (1, 2, 3)}
        self.songs_by_id: dict[Any, Item] = {}
        self.receipts: list[Receipt] = []
        self.broken: Exception | None = None
        self.is_closed = False
        self.problem: str | None = None

    def refresh(self) -> None:
        """There is never anything newer."""

    def about(self) -> About:
        self._check()
        return About(
            publication=PUBLICATION,
            day=DAY,
            source="musicbox",
            n_listeners=3,
            n_scored=3,
            n_called=3,
            n_items=2,
            horizon_days=14,
            label="inactivity",
            label_words="nothing played in 14 days",
            who="leavers",
            verb="leave",
            rate_words="share that leaves",
            model="boosting",
            recommender="blend",
            preference="max_score",
            lists=("keep", "discover", "mix"),
            songs_per_list=20,
            campaign="retention",
            actions={"songs_by_mail": "mail songs"},
            reasons={"gone_quiet": "gone quiet"},
            devices=("ar", "ip"),
            has_hours=False,
            skipped=None,
        )

    def listener(self, user_id: Any) -> Listener | None:
        self._check()
        return self.listeners.get(_number(user_id))

    def scores(self, user_ids: Any) -> list[Listener | None]:
        return [self.listener(one) for one in user_ids]

    def call_list(self, *, page: int = 1, page_size: int = 50, **_: Any) -> Page[Listener]:
        self._check()
        rows = tuple(self.listeners.values())
        first = (page - 1) * page_size
        n_pages = max(-(-len(rows) // page_size), 1)
        return Page(rows[first : first + page_size], len(rows), page, n_pages, page_size)

    def songs(self, user_id: Any, which: str = "mix", n: int = 20, **_: Any) -> Songs:
        self._check()
        said = {one.item_id for one in self.receipts if one.word == "dislike" and not one.is_undone}
        songs = tuple(song for song in (_song(1, 10), _song(2, 11)) if song.item_id not in said)
        is_known = _number(user_id) in self.listeners
        served_by = "run" if is_known else "hot"
        return Songs(user_id, which, songs[:n], served_by, bool(said), is_known, PUBLICATION, DAY)

    def similar(self, item_id: Any, n: int = 10) -> list[Song]:
        self._check()
        return [_song(1, 11)][:n]

    def item(self, item_id: Any) -> Item | None:
        self._check()
        number = _number(item_id)
        known = Item(number or 0, HOSTILE, "Somebody", 200.0, DAY, DAY, 3)
        return known if number in (10, 11) else self.songs_by_id.get(item_id)

    def find_songs(self, text: str, n: int) -> list[Item]:
        found = self.item(10)
        return [found][:n] if found else []

    def charts(self) -> dict[str, list[Charted]]:
        self._check()
        top = Charted(1, 10, HOSTILE, "Somebody", 3.0, 5, 3, 1, 0)
        return {"week": [top], "month": [top]}

    def days(self, user_id: Any) -> list[Day]:
        self._check()
        return [Day(DAY, 3, 2, 2, None, None, 400.0)] if self.listener(user_id) else []

    def score_history(self, user_id: Any) -> list[Score]:
        self._check()
        return [Score(DAY, 0.5, 1, 3)] if self.listener(user_id) else []

    def say(self, user_id: Any, item_id: Any, word: str, key: str | None = None) -> Receipt:
        self._check()
        number = len(self.receipts) + 1
        receipt = Receipt(
            number, user_id, item_id, word, DAY, "2017-05-13T08:00:00Z", key, None, False
        )
        self.receipts.append(receipt)
        return receipt

    def undo(self, receipt_id: int) -> Receipt:
        self._check()
        if receipt_id > len(self.receipts):
            raise UnknownName(f"no receipt {receipt_id}", mend="use the number of a receipt")
        before = self.receipts[receipt_id - 1]
        return Receipt(
            receipt_id + 1000,
            before.user_id,
            before.item_id,
            "undo",
            DAY,
            before.said_at,
            None,
            receipt_id,
            False,
        )

    def words_of(self, user_id: Any) -> list[Receipt]:
        self._check()
        return [one for one in self.receipts if str(one.user_id) == str(user_id)]

    def close(self) -> None:
        self.is_closed = True

    def _check(self) -> None:
        if self.broken is not None:
            raise self.broken


def _number(text: Any) -> int | None:
    try:
        return int(text)
    except (TypeError, ValueError):
        return None


def _song(rank: int, item_id: int) -> Song:
    return Song(rank, item_id, HOSTILE, "Somebody", 0.5, "for_you", "Fits what you like", (1, 2))
