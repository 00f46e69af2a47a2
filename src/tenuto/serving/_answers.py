"""Where programs and pages ask: one object over whatever publication is current."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Self

from tenuto import memory
from tenuto.errors import ContractError, TenutoError, WorkspaceError
from tenuto.preferences._journal import DISLIKE, LIKE, PLAY, UNDO, Journal, Word, effective
from tenuto.serving._calls import call_page
from tenuto.serving._fold_in import Question, as_words
from tenuto.serving._people import plain
from tenuto.serving._shelf import Shelf
from tenuto.serving._snapshot import Snapshot
from tenuto.serving._told import (
    HOT,
    ITEM_COLUMNS,
    hot_songs,
    item_of,
    listener_of,
    receipt_of,
    songs_of_list,
)
from tenuto.shapes import (
    About,
    Charted,
    Day,
    Item,
    Listener,
    Page,
    Receipt,
    Score,
    Song,
    Songs,
    UserId,
    page_of,
)
from tenuto.workspace import Workspace

WORDS = (PLAY, LIKE, DISLIKE)
Clock = Callable[[], datetime]
_LOG = logging.getLogger(__name__)


class Answers:
    """Answers of the current publication, and feedback on them; threads may share it.

    A newer publication is taken up by itself: the first call after it opens and checks it in the
    background, and until it is open the one before is served. One that is damaged is not taken:
    `problem` says so, and the last good one is served.
    """

    def __init__(self, workspace: Workspace, snapshot: Snapshot, problem: str | None, clock: Clock):
        self._shelf, self._journal = Shelf(workspace), Journal(workspace.root)
        self._snapshot, self._problem, self._clock = snapshot, problem, clock
        self._mark = self._shelf.mark()
        self._opening = threading.Lock()

    @classmethod
    def open(cls, workspace: Workspace, *, clock: Clock | None = None) -> Self:
        """What was published last, or, where that is damaged, the last good one.

        Parameters
        ----------
        clock : now, with a time zone; by default that of the machine

        Raises
        ------
        WorkspaceError : if nothing was published, or nothing of it can be served
        """
        snapshot, problem = _first_good(Shelf(workspace))
        return cls(workspace, snapshot, problem, clock or _now)

    def close(self) -> None:
        """Let go of all files."""
        self._snapshot.close()
        self._journal.close()

    def refresh(self) -> None:
        """Take up what is current now, and wait for it."""
        with self._opening:
            self._take_up()

    @property
    def problem(self) -> str | None:
        """Why the current publication is not the one served; None where it is."""
        return self._problem

    def about(self) -> About:
        """What is served."""
        return self._served().about

    def listener(self, user_id: UserId) -> Listener | None:
        """One listener; None for somebody whom the run did not know."""
        found = self._served()
        card = found.card(user_id)
        return None if card is None else listener_of(card[1], found.about)

    def scores(self, user_ids: Sequence[UserId]) -> list[Listener | None]:
        """`listener` for many, in their order, all from one publication."""
        found = self._served()
        cards = [found.card(user_id) for user_id in user_ids]
        return [None if card is None else listener_of(card[1], found.about) for card in cards]

    def call_list(
        self,
        *,
        action: str | None = None,
        plan: str | None = None,
        reason: str | None = None,
        search: str | None = None,
        min_probability: float | None = None,
        sort: str = "rank",
        page: int = 1,
        page_size: int = 50,
    ) -> Page[Listener]:
        """Whom to contact, in the order in which to do so; who is held out is not there.

        Parameters
        ----------
        reason : among the first three that raise the risk
        search : words that are all to be found in id, reasons, action or songs
        sort : "rank" (of the list), "probability", "value", "expected_value" (highest first),
            "silence" (longest first) or "user_id"

        Raises
        ------
        ContractError : if there is no such order or page
        """
        found = self._served()
        asked = {"action": action, "plan": plan, "reason": reason, "search": search}
        cards, total = call_page(found, asked, min_probability, sort, page, page_size)
        rows = [listener_of(card, found.about) for card in cards]
        return page_of(rows, total, page, page_size)

    def songs(
        self,
        user_id: UserId | None,
        which: str = "mix",
        n: int | None = None,
        *,
        hour: int | None = None,
        device: str | None = None,
        seeds: Sequence[Any] = (),
    ) -> Songs:
        """A list for one listener.

        Without feedback since the run, and without ``hour``, ``device`` or ``seeds``, it is that
        of the run. Else it is made now, as the run would make it of the listener's history with
        what was said since. Of somebody of whom nothing is known it is the chart of the week.

        Parameters
        ----------
        user_id : None for somebody without an id, who has ``seeds``
        which : a list of the run ("keep", "discover", "mix") or "hot"
        n : how many songs, by default as many as the lists of the run have
        hour : 0 to 23, of the listener's day; used where the log has a clock
        device : the one in use, in place of the listener's usual one
        seeds : ids of songs that count as played now, for this answer alone

        Raises
        ------
        ContractError : if there is no such list, hour or length
        """
        found = self._served()
        n = found.about.songs_per_list if n is None else n
        _check_asked(found, which, n, hour)
        card = None if user_id is None else found.card(user_id)
        row = None if card is None else card[0]
        if which == HOT:
            return hot_songs(found, user_id, n, row is not None)
        words = () if user_id is None else as_words(self._news(found, user_id))
        said = words + tuple((plain(item), PLAY) for item in seeds)
        if row is None and not said:
            return hot_songs(found, user_id, n, is_known=False)
        plain_ask = not said and device is None and (hour is None or found.counter.hours is None)
        if row is not None and plain_ask and n <= found.about.songs_per_list:
            songs = found.songs(row, which)
            if songs is not None or which == "keep":
                return songs_of_list(found, user_id, which, songs or [], n, "run", False, True)
        known = {} if card is None else card[1]
        asked = Question(
            user_id, row, said, device or known.get("device"), known.get("risk") or 0.0, hour
        )
        songs = found.made(asked, which, max(n, found.counter.k))
        is_known = row is not None
        return songs_of_list(found, user_id, which, songs, n, "fold-in", bool(words), is_known)

    def similar(self, item_id: Any, n: int = 10) -> list[Song]:
        """Songs that are near to one, best first; none for one of which nothing is known."""
        found = self._served()
        return [
            Song(rank, other, *found.name_of(other), score, "near", None, (item_id,))
            for rank, (other, score) in enumerate(found.said("similar", item_id)[:n], 1)
        ]

    def item(self, item_id: Any) -> Item | None:
        """A song; None where there is none of that id."""
        row = self._served().one(f"SELECT {ITEM_COLUMNS} FROM items WHERE item_id = ?", item_id)
        return None if row is None else item_of(row)

    def find_songs(self, text: str, n: int = 20) -> list[Item]:
        """Songs with all words of ``text`` in title, artist or id, those most heard first."""
        parts = text.casefold().split()
        if not parts:
            return []
        where = " AND ".join(["instr(words, ?) > 0"] * len(parts))
        order = "ORDER BY n_listeners DESC, item_id LIMIT ?"
        query = f"SELECT {ITEM_COLUMNS} FROM items WHERE {where} {order}"
        return [item_of(row) for row in self._served().all(query, (*parts, n))]

    def charts(self) -> dict[str, list[Charted]]:
        """Hot this "week" and hot this "month"."""
        found = self._served()
        return {name: [Charted(**row) for row in rows] for name, rows in found.charts.items()}

    def days(self, user_id: UserId) -> list[Day]:
        """The listener's days with something done, of the last 90, oldest first."""
        found = self._served()
        row = found.row(user_id)
        said = [] if row is None else found.said("days", row)
        return [
            Day(date.fromisoformat(day), events, plays, songs or 0, downloads, searches, seconds)
            for day, events, plays, downloads, searches, seconds, songs in said
        ]

    def score_history(self, user_id: UserId) -> list[Score]:
        """What the runs that are still there said of the listener, oldest first."""
        found = self._served()
        row = found.row(user_id)
        said = [] if row is None else found.said("history", row)
        return [Score(date.fromisoformat(day), *rest) for day, *rest in said]

    def say(self, user_id: UserId, item_id: Any, word: str, key: str | None = None) -> Receipt:
        """Write down that a listener played, likes or dislikes a song.

        It is on the disk before this returns, and in the listener's next list. With ``key`` it
        may be said again, and is written once.

        Raises
        ------
        ContractError : if there is no such word, the key was used for another one, or ids are
            not of the type of the log's
        WorkspaceError : if it cannot be written
        """
        if word not in WORDS:
            raise ContractError(f"'{word}' is no word", mend=f"use one of: {', '.join(WORDS)}")
        self._check_ids(user_id, item_id)
        now = self._clock().astimezone(UTC)
        said = Word(0, user_id, item_id, word, now.date().isoformat(), _iso(now), key)
        (written, is_repeat) = self._journal.add([said])[0]
        return receipt_of(written, is_repeat=is_repeat)

    def undo(self, receipt_id: int) -> Receipt:
        """Take back a word; the receipt of the taking back. Doing it again changes nothing.

        Raises
        ------
        UnknownName : if there is no such receipt
        ContractError : if it is that of a taking back
        WorkspaceError : if it cannot be written
        """
        now = self._clock().astimezone(UTC)
        written, is_repeat = self._journal.undo(receipt_id, now.date().isoformat(), _iso(now))
        return receipt_of(written, is_repeat=is_repeat)

    def words_of(self, user_id: UserId) -> list[Receipt]:
        """All that a listener has said, oldest first, with what was taken back."""
        words = self._journal.of_user(user_id)
        undone = {word.undoes for word in words if word.word == UNDO}
        return [receipt_of(word, is_undone=word.id in undone) for word in words]

    def receipt(self, receipt_id: int) -> Receipt | None:
        """One of them; None where there is none."""
        word = self._journal.get(receipt_id)
        if word is None:
            return None
        return next(one for one in self.words_of(word.user_id) if one.receipt_id == receipt_id)

    def _news(self, found: Snapshot, user_id: UserId) -> list[Word]:
        """What the listener said that the run does not know, taken back words left out."""
        words = self._journal.of_user(user_id)
        if not words:
            return []

        def is_news(word: Word) -> bool:
            # By number first: that holds whatever the clock does.
            if word.id > found.last_word or word.day >= found.day.isoformat():
                return True
            return datetime.fromisoformat(word.said_at).timestamp() > found.recommended_at

        standing = effective(words, lambda said, undo: not is_news(said))
        return [word for word in standing if is_news(word)]

    def _served(self) -> Snapshot:
        """The snapshot to ask; the check costs two microseconds."""
        if self._shelf.mark() != self._mark and self._opening.acquire(blocking=False):
            threading.Thread(target=self._take_up_aside, daemon=True).start()
        return self._snapshot

    def _take_up_aside(self) -> None:
        try:
            self._take_up()
        finally:
            self._opening.release()

    def _take_up(self) -> None:
        mark = self._shelf.mark()
        current = self._shelf.current()
        if current is not None and current != self._snapshot.name:
            try:
                self._snapshot, self._problem = Snapshot(self._shelf.folder(current)), None
            except TenutoError as problem:
                self._problem = str(problem)
                _LOG.warning("%s", problem)
        elif current is not None:
            self._problem = None
        self._mark = mark
        memory.give_back()

    def _check_ids(self, user_id: Any, item_id: Any) -> None:
        known = self._snapshot.counter.item_ids
        if len(known) and isinstance(known[0], str) != isinstance(item_id, str):
            kind = "text" if isinstance(known[0], str) else "whole numbers"
            raise ContractError(f"item_id is {item_id!r}", mend=f"ids of songs are {kind} here")
        if isinstance(user_id, bool) or not isinstance(user_id, int | str):
            raise ContractError(f"user_id is {user_id!r}", mend="use a whole number or text")


def _first_good(shelf: Shelf) -> tuple[Snapshot, str | None]:
    problem: str | None = None
    for name in shelf.candidates():
        try:
            return Snapshot(shelf.folder(name)), problem
        except TenutoError as failure:
            problem = problem or str(failure)
            _LOG.warning("%s", failure)
    workspace = shelf.root.parent
    raise WorkspaceError(
        problem or f"{workspace} has published nothing", mend=f"tenuto publish {workspace}"
    )


def _check_asked(found: Snapshot, which: str, n: int, hour: int | None) -> None:
    lists = (*found.about.lists, HOT)
    if which not in lists:
        raise ContractError(f"there is no list '{which}'", mend=f"use one of: {', '.join(lists)}")
    if n < 1:
        raise ContractError(f"n is {n}", mend="ask for at least one song")
    if hour is not None and not 0 <= hour <= 23:
        raise ContractError(f"hour is {hour}", mend="use 0 to 23")


def _now() -> datetime:
    return datetime.now(UTC)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
