"""Kinds of listeners by how they listen: their names, size, churn and taste.

Clusters of habits over the last four weeks, of people active in the last 14 days (S2-W4: "cluster
users"). A device or a plan describes a segment and does not make it. Groups are a way to look at
a cloud: how sharp they are is in ``segments_choice``.
"""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.stats import false_discovery_control, norm

from tenuto.evaluation.intervals import wilson
from tenuto.insights._clusters import Clusters, find_clusters
from tenuto.insights._small_cells import MIN_LISTENERS, without_small
from tenuto.insights._traits import BY_NAME, WINDOW_DAYS, scaled, traits_at, usable
from tenuto.insights._view import View

TITLE = "What kinds of listeners are there?"

_ARTISTS = 5
# Below this many standard deviations a segment is like the others.
_LEAST_DIFFERENCE = 0.2
_FALSE_SHARE = 0.05


def tables(view: View) -> dict[str, pd.DataFrame]:
    """``segments``, what sets them apart, their artists, the choice, and who is in which."""
    traits = traits_at(view, view.past)
    clusters = find_clusters(traits, view.random_state)
    if clusters is None:
        return {}
    segment = pd.Series(clusters.of(traits), index=traits.index, name="segment")
    differences = _differences(traits, segment)
    names = _names(differences)
    return {
        "segments": without_small(_sizes(view, clusters, segment, names), "n_listeners"),
        "segments_traits": differences,
        "segments_taste": _taste(view, segment),
        "segments_choice": clusters.choice,
        "segments_of": segment.reset_index().assign(name=segment.map(names).to_numpy()),
    }


def _differences(traits: pd.DataFrame, segment: pd.Series) -> pd.DataFrame:
    """Segment x trait: the ``mean`` inside and outside, and ``difference``, standardised.

    The difference is that of the means over the standard deviation of all, rates by their
    logarithm; the strongest first.
    """
    names = usable(traits)
    measured = scaled(traits[names])
    spread = measured.std(ddof=0)
    rows = []
    for number, inside in segment.groupby(segment):
        is_in = traits.index.isin(inside.index)
        if not MIN_LISTENERS <= is_in.sum() <= len(traits) - MIN_LISTENERS:
            continue
        gaps = (measured[is_in].mean() - measured[~is_in].mean()) / spread
        rows += [
            (number, name, BY_NAME[name].words, own, others, gaps[name])
            for name, own, others in zip(
                names,
                traits.loc[is_in, names].mean(),
                traits.loc[~is_in, names].mean(),
                strict=True,
            )
        ]
    columns = ["segment", "trait", "words", "mean", "mean_others", "difference"]
    table = pd.DataFrame(rows, columns=columns)
    order = table.assign(size=-table["difference"].abs()).sort_values(["segment", "size", "trait"])
    return table.loc[order.index].reset_index(drop=True)


def _names(differences: pd.DataFrame) -> dict[int, str]:
    """A name per segment of its two strongest differences; a third where two would be alike."""
    said = {
        int(str(number)): [
            BY_NAME[row["trait"]].high if row["difference"] > 0 else BY_NAME[row["trait"]].low
            for row in rows.to_dict("records")
            if abs(row["difference"]) >= _LEAST_DIFFERENCE
        ]
        for number, rows in differences.groupby("segment")
    }
    names: dict[int, str] = {}
    for number, words in said.items():
        name = _joined(words[:2])
        for more in range(3, len(words) + 1):
            name = _joined(words[:more]) if name in names.values() else name
        names[number] = name if name not in names.values() else f"{name} ({number})"
    return names


def _joined(words: list[str]) -> str:
    return " and ".join(words) if words else "like the others"


def _sizes(
    view: View, clusters: Clusters, segment: pd.Series, names: dict[int, str]
) -> pd.DataFrame:
    """One row per segment: size, probability at the cutoff, outcome at the test cutoff."""
    n = segment.value_counts().sort_index()
    table = pd.DataFrame(
        {
            "segment": n.index,
            "name": [names.get(number, "like the others") for number in n.index],
            "n_listeners": n.to_numpy(),
            "share": n.to_numpy() / len(segment),
        }
    )
    if len(view.scores):
        probability = view.scores.set_index("user_id")["probability"].reindex(segment.index)
        said = probability.groupby(segment).mean().reindex(n.index)
        table["mean_probability"] = said.to_numpy()
    joined = table.merge(_outcomes(view, clusters), on="segment", how="left")
    return joined.astype({"n_test": "Int64", "n_label": "Int64"})


def _outcomes(view: View, clusters: Clusters) -> pd.DataFrame:
    """``n_test``, ``n_label``, ``rate`` and its interval of those of each segment at the test."""
    columns = ["segment", "n_test", "n_label", "rate", "low", "high"]
    if view.test_cutoff is None or view.test_scores.empty:
        return pd.DataFrame(columns=columns)
    traits = traits_at(view, view.past_at(view.test_cutoff))
    came = view.test_scores.set_index("user_id")["y"].reindex(traits.index)
    found = pd.DataFrame({"segment": clusters.of(traits), "y": came.to_numpy()}).dropna()
    sums = found.groupby("segment")["y"].agg(["size", "sum"]).reset_index()
    sums = sums[sums["size"] >= MIN_LISTENERS]
    low, high = wilson(sums["sum"], sums["size"])
    sums = sums.rename(columns={"size": "n_test", "sum": "n_label"})
    return sums.assign(rate=sums["n_label"] / sums["n_test"], low=low, high=high)[columns]


def _taste(view: View, segment: pd.Series) -> pd.DataFrame:
    """The artists that a segment hears more than the others do, up to five each.

    ``share`` is an artist's part of a listener's plays, averaged over the listeners of the
    segment: who plays more has no more to say. Two-sided test of two means; false discoveries
    held to 5 % over all artists and segments (Benjamini & Hochberg, JRSS B 1995).
    """
    if not view.past.has("user_artist_days"):
        return pd.DataFrame()
    sums = _shares(view, segment)
    n = segment.value_counts()
    n_in = sums["segment"].map(n)
    n_out = len(segment) - n_in
    of_artist = sums.groupby("artist")[["total", "squares"]].transform("sum")
    share, squares = sums["total"] / n_in, sums["squares"] / n_in
    share_others = (of_artist["total"] - sums["total"]) / n_out
    squares_others = (of_artist["squares"] - sums["squares"]) / n_out
    variance = (squares - share**2) / n_in + (squares_others - share_others**2) / n_out
    error = variance.where(variance > 0) ** 0.5
    p_value = 2 * norm.sf(np.abs((share - share_others) / error))
    table = sums.assign(share=share, share_others=share_others, p_value=p_value)
    table = without_small(table, "n_listeners").dropna(subset=["p_value"])
    if table.empty:
        return pd.DataFrame()
    table = table.assign(q_value=false_discovery_control(table["p_value"]))
    is_more = (table["share"] > table["share_others"]) & (table["q_value"] < _FALSE_SHARE)
    ordered = table[is_more].sort_values(["segment", "p_value", "artist"])
    found = ordered.groupby("segment").head(_ARTISTS).drop(columns=["total", "squares"])
    return found.reset_index(drop=True)


def _shares(view: View, segment: pd.Series) -> pd.DataFrame:
    """Segment x artist: ``n_listeners`` who heard the artist, and sums of their shares of plays."""
    of = view.engine.from_arrow(pa.Table.from_pandas(segment.reset_index(), preserve_index=False))
    days = view.people("user_artist_days", days=WINDOW_DAYS)
    plays = days.group_by(["user_id", "artist"]).agg(n=days.n_plays.sum())
    plays = plays.mutate(all=plays.n.sum().over(ibis.window(group_by="user_id")))
    joined = plays.inner_join(of.rename(of_user="user_id"), [("user_id", "of_user")])
    share = joined.n / joined["all"].nullif(0)
    summed = joined.group_by(["segment", "artist"]).agg(
        n_listeners=joined.count(), total=share.sum(), squares=(share * share).sum()
    )
    return view.frame(summed.order_by(["segment", "artist"]))
