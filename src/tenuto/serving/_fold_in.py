"""A list made now for one listener: the history that the run knew, and what was said since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto import lists
from tenuto.lists._asked import Asked
from tenuto.lists._desk import Desk
from tenuto.lists._everyone import N_EXPLAINED
from tenuto.lists._made import REASONS
from tenuto.lists._reasons import reasons
from tenuto.preferences._journal import DISLIKE, LIKE, NONE, PLAY, Word
from tenuto.recommenders._context import ContextPrior
from tenuto.recommenders._histories import Histories
from tenuto.reranking import Candidates
from tenuto.serving._counter import Counter
from tenuto.serving._hours import part_of

#: A play of today is as old as one of the day before the cutoff: no log knows a younger one.
_NEWEST_AGE = 1.0


@dataclass(frozen=True)
class Question:
    """One listener, and what is asked.

    row : in the histories; None for somebody whom the run did not know
    words : in the order in which they were said, plays and seeds among them
    """

    user_id: Any
    row: int | None
    words: tuple[tuple[Any, str], ...]
    device: str | None
    risk: float
    hour: int | None


def made_list(counter: Counter, asked: Question, which: str, k: int) -> list[list[Any]]:
    """As a list of the run: item, score, reason code, reason and causes of each place."""
    desk = counter.desk
    if asked.hour is not None and counter.hours is not None:
        moment = _Moment.of(desk.reranker.prior, counter.hours, part_of(asked.hour))
        desk = desk.with_prior(moment)
    history = with_words(history_of(counter, asked.row), asked.words, counter)
    who = _asked(asked, history, desk)
    # As `lists_for`, which is made for thousands of listeners, and tables of them.
    made = lists.CATALOGUE.get(which).make(desk, who, k)
    n = int(np.count_nonzero(made.item[0] >= 0))
    item, score, code = made.item[0, :n], made.score[0, :n].tolist(), made.code[0, :n]
    n_explained = min(n, N_EXPLAINED)
    first = (np.zeros(n_explained, dtype=np.int64), item[:n_explained], code[:n_explained])
    said = reasons(desk, who, *first, names=counter.names)
    why = list(zip(*(said[name].tolist() for name in _WHY), strict=True))
    why += [(None, None, None)] * (n - n_explained)
    ids = counter.item_ids.take(item).tolist()
    codes = [_CODES[number] for number in code.tolist()]
    return [list(row) for row in zip(ids, score, codes, *zip(*why, strict=True), strict=True)]


_WHY = ("reason", "because_1", "because_2")
_CODES = list(REASONS)


def history_of(counter: Counter, row: int | None) -> Histories:
    """One row; without entries for somebody whom the run did not know."""
    return counter.histories.take([-1 if row is None else row])


def with_words(history: Histories, words: Sequence[tuple[Any, str]], counter: Counter) -> Histories:
    """``history``, one row, and what was said of songs since, each an item id and a word.

    A like, and a play, make a song one that the listener likes as much as is usual, if not more;
    a play is one more, and of now. A dislike takes all liking away, and ``none`` the opinion
    alone. Songs that the recommenders have not met say nothing.
    """
    if not words:
        return history
    entries = {
        int(item): [float(getattr(history, name)[at]) for name in _COLUMNS]
        for at, item in enumerate(history.item.tolist())
    }
    numbers = counter.item_ids.get_indexer(pd.Index([item for item, _ in words], dtype=object))
    for number, (_, word) in zip(numbers.tolist(), words, strict=True):
        if number >= 0:
            entry = entries.setdefault(number, [0.0] * len(_COLUMNS))
            _hear(entry, word, counter.usual_preference)
    values = np.array(list(entries.values()))
    return Histories.of_pairs(
        np.zeros(len(entries)),
        np.array(list(entries)),
        n_rows=1,
        n_items=history.n_items,
        **{name: values[:, at] for at, name in enumerate(_COLUMNS)},
    )


_COLUMNS = ("preference", "last_played_age", "n_plays", "activation", "opinion")
_PREFERENCE, _AGE, _PLAYS, _ACTIVATION, _OPINION = range(5)


def _hear(entry: list[float], word: str, usual: float) -> None:
    """Change one entry of a history as ``word`` says."""
    if word == PLAY:
        entry[_AGE] = _NEWEST_AGE
        entry[_PLAYS] += 1
        entry[_ACTIVATION] += _NEWEST_AGE
    entry[_OPINION] = {LIKE: 1.0, DISLIKE: -1.0, NONE: 0.0}.get(word, entry[_OPINION])
    if entry[_OPINION] < 0:
        entry[_PREFERENCE] = 0.0
    elif word in (PLAY, LIKE):
        entry[_PREFERENCE] = max(entry[_PREFERENCE], usual)


def _asked(asked: Question, history: Histories, desk: Desk) -> Asked:
    recent = history.within(desk.interactions.window_days)
    return Asked(
        pd.Index([asked.user_id]),
        history,
        np.array([np.count_nonzero(recent)]),
        np.array([asked.device], dtype=object),
        np.array([asked.risk]),
    )


@dataclass(frozen=True)
class _Moment(ContextPrior):
    """What suits the hour, after what suits the device, where the run leans to that."""

    device: ContextPrior | None = None
    part: int = 0

    @classmethod
    def of(cls, device: ContextPrior | None, hours: ContextPrior, part: int) -> _Moment:
        own = (hours.contexts, hours.log2_lift, hours.shrinkage, hours.strength)
        return cls(*own, device=device, part=part)

    def adjust(self, candidates: Candidates, context: NDArray[np.int64]) -> Candidates:
        if self.device is not None:
            candidates = self.device.adjust(candidates, context)
        return super().adjust(candidates, np.full(len(candidates), self.part))

    def number_of(self, name: str) -> int:
        """Of the device: the part of the day is known."""
        return -1 if self.device is None else self.device.number_of(name)


def as_words(words: Sequence[Word]) -> tuple[tuple[Any, str], ...]:
    """Item and word of each row of the journal."""
    return tuple((word.item_id, word.word) for word in words)
