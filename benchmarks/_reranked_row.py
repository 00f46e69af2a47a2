"""The best lists in another order: as accurate, with far less of what everybody knows anyway."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from _list_figures import Asked, broad, per_user
from _recommender_rows import Row, Settings, fitted

from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._inner import InnerSplit
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._rectangles import lists_of
from tenuto.reranking import Candidates, Facts, Pairs, reranked

RERANKED = "blend, re-ranked"
N_CANDIDATES, N_SHOWN, K = 300, 10, 100
#: What the re-ranked lists are for; see `strengths_found`.
MOST_TOP_SHARE, LEAST_COVERAGE = 0.57, 0.155
PENALTIES, CALIBRATIONS = (0.1, 0.2, 0.3, 0.4), (0.3, 0.5, 0.7, 0.9)


def strengths_found(
    row: Row, settings: Settings, inner: InnerSplit, catalogue: pd.Index
) -> Settings:
    """Of those whose lists are broad enough on the inner split, the most accurate there.

    Broad enough is a little more than what is promised of the split in the end. The broadest of
    all, if none is.
    """
    # Its weights are learned on another split of what is known on the inner one, as by default.
    model = fitted(row, inner.train, settings, None).recommender
    asked = Asked(inner.train, inner.relevant, ["ndcg@100"], catalogue)
    tried = []
    for penalty, calibration in itertools.product(PENALTIES, CALIBRATIONS):
        strengths = {
            "popularity_penalty": {"strength": penalty},
            "popularity_calibration": {"strength": calibration},
        }
        lists = reranked_lists(model, asked.users, inner.train, strengths)
        breadth = broad(lists, asked, N_SHOWN)
        is_broad = (
            breadth["popularity_share"] <= MOST_TOP_SHARE and breadth["coverage"] >= LEAST_COVERAGE
        )
        accuracy = float(per_user(lists, asked)["ndcg@100"].mean())
        tried.append((is_broad, accuracy if is_broad else breadth["coverage"], strengths))
    return max(tried, key=lambda one: one[:2])[2]


def reranked_lists(
    model: Recommender, users: pd.Index, known: Interactions, strengths: Settings
) -> pd.DataFrame:
    """The model's candidates in the order that the strengths give them."""
    histories = model.histories_of(users)
    candidates = Candidates(*model.rank(histories, N_CANDIDATES, True))
    facts = Facts(
        popularity=known.listeners_per_item().astype(np.float64),
        heard=Pairs(histories.start, histories.item.astype(np.int64)),
    )
    shown = reranked(candidates, facts, N_SHOWN, strengths).first(K)
    return lists_of(users, known.item_ids, shown.item, shown.score)
