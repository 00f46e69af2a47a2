"""The charts: hot this week and hot this month, the same for everybody (S0-R2)."""

from __future__ import annotations

import pandas as pd

from tenuto.lists._titles import Titles
from tenuto.recommenders import hot
from tenuto.recommenders._interactions import interactions_before
from tenuto.timeline import Past

#: Name -> days before the cutoff.
WINDOWS = {"week": 7, "month": 30}


def hot_lists(
    past: Past,
    items: pd.DataFrame | None = None,
    *,
    preference: str = "max_score",
    k: int = 10,
    model: hot.Model | None = None,
) -> pd.DataFrame:
    """The top ``k`` of both windows, with what lifted them there.

    Parameters
    ----------
    items : ``item_id``, ``title`` and ``artist`` for display; without them names are None
    model : other weights or shrinkage than the usual; it is fitted here, on each window in turn

    Returns
    -------
    DataFrame : ``list`` ("week" or "month"), ``rank``, ``item_id``, ``title``, ``artist``,
        ``score``, and of that window ``n_plays``, ``n_listeners``, ``n_downloads``,
        ``n_searches``. Fewer rows where fewer items were heard.

    Raises
    ------
    NotEnoughData : if nobody did anything with an item in one of the windows
    """
    names = pd.DataFrame(columns=["item_id", "title", "artist"]) if items is None else items
    ranked = model or hot.Model()
    charts = [_chart(past, name, days, preference, k, ranked) for name, days in WINDOWS.items()]
    return Titles.of(names).beside(pd.concat(charts, ignore_index=True))


def _chart(
    past: Past, name: str, days: int, preference: str, k: int, model: hot.Model
) -> pd.DataFrame:
    # What was done before the window is of no account; half a million listeners did much.
    interactions = interactions_before(past, preference, days, history_days=days)
    top = model.fit(interactions).top(k)
    item = interactions.item_ids.get_indexer(pd.Index(top["item_id"]))
    sums = interactions.item_sums.iloc[item]
    top.insert(0, "list", name)
    return top.assign(
        n_plays=sums["n_plays"].to_numpy(),
        n_listeners=interactions.listeners_per_item()[item],
        n_downloads=sums["n_downloads"].to_numpy(),
        n_searches=sums["n_searches"].to_numpy(),
    )
