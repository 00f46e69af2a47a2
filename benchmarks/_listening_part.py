"""Real listening, forward: what was played before a wall, asked for what came after it.

Three questions, as `_judge` has them: all that was played next, the repeats in it, and the new.
Lists for the new hide what was heard. Everything is learned before the wall: settings, weights of
the blend, the ranker's trees and how own and new songs are merged, on an inner wall before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _counts_part import tell
from _list_figures import Asked, broad, gaps, per_user, sure
from _public_sets import TEST_DAYS, Split, by_sequence, forward, targets, thirty_music, xiami
from _recommender_rows import (
    SEED,
    Row,
    Settings,
    chosen_settings,
    fitted,
    in_catalogue,
    with_members,
)

from tenuto import lists
from tenuto.lists._curves import Curves
from tenuto.lists._desk import Desk
from tenuto.lists._judged import Hits
from tenuto.recommenders._baselines import Contestant, personal, personal_then_global
from tenuto.recommenders._contract import Ranked, Recommender
from tenuto.recommenders._inner import InnerSplit, given
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._judge import Future
from tenuto.recommenders._plays import interactions_of
from tenuto.recommenders._rectangles import lists_of
from tenuto.settings import RecommendSettings

K = 100
FIGURES = ("ndcg@10", "ndcg@50", "ndcg@100", "recall@10", "recall@50")
TARGETS = ("all", "repeat", "new")
N_WALLS = 3
#: Listeners, and whether heard songs are hidden -> the best 100 of each.
Ranks = Callable[[pd.Index, bool], Ranked]
PERSONAL, PERSONAL_GLOBAL = "personal top frequency", "personal, then global"
MIX, DISCOVER, KEEP = "Mix", "Discover", "Keep listening"
#: A desk with what is there for nothing: the model is put in its place.
WANTED = RecommendSettings(model="popularity", k=K, reranking={})
ROWS: tuple[Row, ...] = (
    Row("popularity", "popularity"),
    Row("item_knn", "item_knn", is_tuned=True),
    Row("ease", "ease", is_tuned=True),
    Row("ials", "ials", is_tuned=True),
    Row("next_item", "next_item", is_tuned=True),
    Row("replay", "replay"),
    Row("blend", "blend"),
    Row("ranker", "ranker"),
)


@dataclass(frozen=True)
class Listening:
    """A set, and walls in it, the last one first: each part is what was known before the one above.

    time : the column that says when, or in which order
    walls : when they stand; None where each listener has a wall of their own
    """

    splits: Sequence[Split]
    walls: Sequence[pd.Timestamp | None]
    time: str
    how: str

    def known(self, wall: int = 0) -> Interactions:
        """What was known before one of the walls."""
        plays = self.splits[wall].known
        return interactions_of(plays, time=self.time, cutoff=self.walls[wall])

    def inner(self, wall: int = 0) -> InnerSplit:
        """What is learned from before a wall: the next wall, and all that was played behind it."""
        return given(self.known(wall + 1), self.splits[wall + 1].future, "all", self.how)


def thirty_music_walls(data: Path) -> Listening:
    """Walls for all, 14 days apart, the last one 14 days before the end."""
    plays = thirty_music(data)
    end = plays["time"].max() + pd.Timedelta(seconds=1)
    splits, walls = [], []
    for _ in range(N_WALLS):
        splits.append(forward(plays, end=end))
        end -= pd.Timedelta(days=TEST_DAYS)
        walls.append(end)
    return Listening(splits, walls, "time", "One wall for all: the last 14 days are asked for.")


def xiami_walls(data: Path) -> Listening:
    """Walls of each listener's own, before the last fifth of the plays, again and again."""
    splits = [by_sequence(xiami(data))]
    for _ in range(N_WALLS - 1):
        splits.append(by_sequence(splits[-1].known))
    how = "A wall of each listener's own: the last fifth of the plays is asked for."
    return Listening(splits, [None] * N_WALLS, "place", how)


LISTENING: dict[str, Callable[[Path], Listening]] = {
    "thirty_music": thirty_music_walls,
    "xiami": xiami_walls,
}


def heard_next(listening: Listening, only: Sequence[str], n_trials: int) -> dict[str, Any]:
    """Figures of every row for each target, and the differences that matter."""
    known, inner = listening.known(), listening.inner()
    rows = in_catalogue(ROWS, only)
    found = chosen_settings(rows, replace(inner, target="new"), n_trials)
    everyone, settings = _baselines(known), {}
    for row in rows:
        settings[row.said] = with_members(row, found[row.said][0], found)
        model = fitted(row, known, settings[row.said], inner).recommender
        everyone[row.said] = _ranks(model)
        if row.said == "blend":
            everyone |= _lists(listening, known, model, settings["blend"])
    return _judged(listening, known, everyone) | {"settings": settings}


def _judged(
    listening: Listening, known: Interactions, everyone: dict[str, Ranks]
) -> dict[str, Any]:
    future = targets(listening.splits[0])
    users = pd.Index(future["all"]["user_id"].unique()).sort_values()
    result: dict[str, Any] = {"facts": _facts(listening, known, future), "targets": {}}
    lists: dict[tuple[str, bool], pd.DataFrame] = {}
    for target in TARGETS:
        asked, hides = Asked(known, future[target], FIGURES), target == "new"
        figures, rows = {}, []
        for name, ranks in everyone.items():
            if (name, hides) not in lists:
                lists[name, hides] = lists_of(users, known.item_ids, *ranks(users, hides))
            shown = lists[name, hides]
            figures[name] = per_user(shown, asked)
            tell(f"{target}: {name}", figures[name].mean())
            breadth = broad(shown, asked) if len(shown) else {}
            rows.append({"row": name, "figures": sure(figures[name]), "breadth": breadth})
        result["targets"][target] = {"rows": rows, "gaps": gaps(figures, _gaps(target))}
    return result


def _gaps(target: str) -> list[tuple[str, str]]:
    """What is promised of Mix, of Discover, and of the ranker against every single recommender."""
    promised = {"all": [(MIX, PERSONAL_GLOBAL)], "new": [(DISCOVER, "ease")], "repeat": []}
    return [*promised[target], *(("ranker", row.said) for row in ROWS if row.said != "ranker")]


def _baselines(known: Interactions) -> dict[str, Ranks]:
    contestants = {PERSONAL: personal(known), PERSONAL_GLOBAL: personal_then_global(known)}

    def ranks_of(rank: Contestant) -> Ranks:
        def ranks(users: pd.Index, hides: bool) -> Ranked:
            return rank(known.histories.take(known.user_ids.get_indexer(users)), K, hides)

        return ranks

    return {name: ranks_of(rank) for name, rank in contestants.items()}


def _ranks(model: Recommender) -> Ranks:
    return lambda users, hides: model.rank(model.histories_of(users), K, hides)


def _lists(
    listening: Listening, known: Interactions, blend: Recommender, settings: Settings
) -> dict[str, Ranks]:
    """The three lists of the product, from a desk whose model is the blend."""
    desk = replace(_desk(known, blend), curves=_curves(listening, settings))

    def of(name: str) -> Ranks:
        def ranks(users: pd.Index, hides: bool) -> Ranked:
            made = lists.CATALOGUE.get(name).make(desk, desk.asked(users), K)
            return made.item, made.score

        return ranks

    return {KEEP: of("keep"), DISCOVER: of("discover"), MIX: of("mix")}


def _curves(listening: Listening, settings: Settings) -> Curves:
    """How likely own and new songs are at each place: of lists made at the earlier wall."""
    known = listening.known(1)
    blend = fitted(Row("blend", "blend"), known, settings, listening.inner(1)).recommender
    desk = _desk(known, blend)
    came = Future.of(known, listening.splits[1].future, np.random.default_rng(SEED))
    hits = Hits.of(desk, desk.asked(came.users), came)
    return hits.curves(np.ones(len(came.users), dtype=bool))


def _desk(known: Interactions, model: Recommender) -> Desk:
    return replace(Desk.fit(known, WANTED), model=model)


def _facts(
    listening: Listening, known: Interactions, future: dict[str, pd.DataFrame]
) -> dict[str, Any]:
    return {
        "how": listening.how,
        "n_users": len(known.user_ids),
        "n_items": len(known.item_ids),
        "n_plays": len(listening.splits[0].known),
        "n_asked": {name: len(pairs) for name, pairs in future.items()},
        "n_judged": {name: int(pairs["user_id"].nunique()) for name, pairs in future.items()},
    }
