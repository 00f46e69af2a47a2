"""Sets without time: each listener's own pairs are split at random, and what was heard is hidden.

For figures that others have published. It flatters whoever learns a steady taste, and says nothing
of repeats.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from _list_figures import Asked, broad, gaps, per_user, sure
from _public_sets import INNER_SEED, Split
from _recommender_rows import (
    Fitted,
    Row,
    Settings,
    chosen_settings,
    clocked,
    fitted,
    in_catalogue,
    with_members,
)
from _reranked_row import RERANKED, reranked_lists, strengths_found

from tenuto.recommenders._inner import InnerSplit, given
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._plays import interactions_of

K = 100
BEST = "blend"


@dataclass(frozen=True)
class Counts:
    """One public set, and how it is asked.

    weight : the column that says how much; None where a pair counts as one, however it was rated
    split : pairs and a seed -> a split
    is_reranked : whether the best row is also shown re-ranked
    """

    pairs: pd.DataFrame
    weight: str | None
    split: Callable[[pd.DataFrame, int], Split]
    figures: Sequence[str]
    rows: Sequence[Row]
    seeds: Sequence[int]
    is_reranked: bool = False

    def interactions(self, known: pd.DataFrame) -> Interactions:
        return interactions_of(known, weight=self.weight)

    def asked(self, split: Split, known: Interactions) -> Asked:
        """Of the whole set, whatever of it is known."""
        return Asked(known, split.future, self.figures, self.catalogue())

    def catalogue(self) -> pd.Index:
        return pd.Index(self.pairs["item_id"].unique()).sort_values()

    def inner(self, known: pd.DataFrame) -> InnerSplit:
        """The split of what is known, on which settings are chosen."""
        split = self.split(known, INNER_SEED)
        how = f"A part of what was known, drawn with seed {INNER_SEED}, was hidden and asked for."
        return given(self.interactions(split.known), split.future, "new", how)


def measured(counts: Counts, only: Sequence[str], n_trials: int) -> dict[str, Any]:
    """All rows on the first seed, with everything; on the others, with the same settings."""
    rows = in_catalogue(counts.rows, only)
    first = counts.split(counts.pairs, counts.seeds[0])
    inner = counts.inner(first.known)
    found = chosen_settings(rows, inner, n_trials)
    known = counts.interactions(first.known)
    asked = counts.asked(first, known)
    figures: dict[str, pd.DataFrame] = {}
    records = []
    for row in rows:
        settings = with_members(row, found[row.said][0], found)
        made = fitted(row, known, settings, inner)
        lists, lists_s = clocked(lambda made=made: _lists(made, asked.users))
        figures[row.said] = per_user(lists, asked)
        seconds = {"search_s": found[row.said][1], "fit_s": made.fit_s, "lists_s": lists_s}
        records.append(_record(row.said, settings, figures[row.said], lists, asked, seconds))
        if counts.is_reranked and row.said == BEST:
            strengths = strengths_found(row, settings, inner, counts.catalogue())
            lists = reranked_lists(made.recommender, asked.users, known, strengths)
            figures[RERANKED] = per_user(lists, asked)
            record = _record(RERANKED, strengths, figures[RERANKED], lists, asked, {})
            records.append(record)
    return {
        "facts": _facts(first, known, asked),
        "rows": records,
        "gaps": gaps(figures, [(BEST, said) for said in figures if said != BEST]),
        "n_splits": len(counts.seeds),
        "splits": _splits(counts, rows, found, figures),
    }


def _splits(
    counts: Counts,
    rows: Sequence[Row],
    found: dict[str, tuple[Settings, float]],
    first: dict[str, pd.DataFrame],
) -> dict[str, Any]:
    """Per row the mean and the spread of each figure over the seeds, settings as they are."""
    means = {row.said: [first[row.said].mean()] for row in rows}
    for seed in counts.seeds[1:]:
        split = counts.split(counts.pairs, seed)
        known, inner = counts.interactions(split.known), counts.inner(split.known)
        asked = counts.asked(split, known)
        for row in rows:
            made = fitted(row, known, with_members(row, found[row.said][0], found), inner)
            means[row.said].append(per_user(_lists(made, asked.users), asked).mean())
            tell(f"seed {seed}: {row.said}", means[row.said][-1])
    return {said: _spread(pd.DataFrame(of_row)) for said, of_row in means.items()}


def _spread(means: pd.DataFrame) -> dict[str, dict[str, float]]:
    spread = means.std(ddof=1) if len(means) > 1 else 0 * means.iloc[0]
    return {
        str(figure): {"mean": round(float(means[figure].mean()), 6), "sd": float(spread[figure])}
        for figure in means
    }


def _record(
    said: str,
    settings: Settings,
    figures: pd.DataFrame,
    lists: pd.DataFrame,
    asked: Asked,
    seconds: dict[str, float],
) -> dict[str, Any]:
    tell(said, figures.mean(), settings)
    return {
        "row": said,
        "settings": settings,
        "figures": sure(figures),
        "breadth": broad(lists, asked),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }


def _lists(made: Fitted, users: pd.Index) -> pd.DataFrame:
    return made.recommender.recommend(users, K, exclude_heard=True)


def _facts(split: Split, known: Interactions, asked: Asked) -> dict[str, Any]:
    return {
        "n_users": len(known.user_ids),
        "n_items": len(known.item_ids),
        "n_catalogue": len(asked.catalogue),
        "n_known": len(split.known),
        "n_asked": len(split.future),
        "n_judged": len(asked.users),
    }


def tell(said: str, means: pd.Series, settings: Settings | None = None) -> None:
    """One line on how far it is, to stderr."""
    figures = "  ".join(f"{name} {value:.4f}" for name, value in means.items())
    print(f"{said:42} {figures}  {settings or ''}", file=sys.stderr, flush=True)
