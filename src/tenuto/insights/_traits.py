"""How a listener listens, in some fifteen traits that have a word for much and one for little.

Traits are rates and shares of a listener's own days and plays, over the last four weeks: they
say what somebody is like, and less how much there was to see of them. What the source does not
tell has no trait, and one that is unknown for most listeners is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from tenuto.insights._view import ACTIVE_DAYS, View
from tenuto.timeline import Past

WINDOW_DAYS = 28
# A trait that fewer have cannot place the others.
_LEAST_KNOWN = 0.5
# One search at nine says nothing of somebody's evenings, one Sunday nothing of the weekends.
_LEAST_EVENTS, _LEAST_PLAYS, _LEAST_DAYS = 5, 10, 4
_EVENING, _NIGHT = (18, 24), (0, 6)


@dataclass(frozen=True)
class Trait:
    """One trait.

    words : what it is, with its unit
    high, low : what such listeners do, in words that follow "listeners who"
    """

    name: str
    words: str
    high: str
    low: str

    @property
    def is_rate(self) -> bool:
        """Whether it is a rate without an upper end, then taken by its logarithm."""
        return "_a_" in self.name

    @property
    def is_behaviour(self) -> bool:
        """Whether segments are made of it; a device or a plan describes them only."""
        return not self.name.startswith("is_")


TRAITS = (
    Trait("active_days_a_week", "active days a week", "come often", "come seldom"),
    Trait("plays_a_day", "plays per active day", "play a lot at a time", "play little at a time"),
    Trait("share_weekend", "weekend's share of days", "come at the weekend", "come on workdays"),
    Trait("share_evening", "share of 18 to 24 h UTC", "come in the evening", "come by day"),
    Trait("share_night", "share of 0 to 6 h UTC", "come at night", "sleep at night"),
    Trait("share_skipped", "share of plays skipped at once", "skip", "seldom skip"),
    Trait("share_finished", "share of plays finished", "hear songs out", "leave songs early"),
    Trait("novelty", "songs as a power of plays", "seek new songs", "play the same songs"),
    Trait("downloads_a_day", "downloads per active day", "download", "do not download"),
    Trait("searches_a_day", "searches per active day", "search", "do not search"),
    Trait("likes_a_day", "likes per active day", "like songs", "like few songs"),
    Trait("dislikes_a_day", "dislikes per active day", "dislike songs", "dislike few songs"),
    Trait("playlist_adds_a_day", "songs put in playlists per active day", "make playlists",
          "make no playlists"),
    Trait("friend_adds_a_day", "friends added per active day", "add friends", "add no friends"),
    Trait("adverts_a_day", "adverts per active day", "hear many adverts", "hear few adverts"),
    Trait("errors_a_day", "errors per active day", "meet errors", "meet no errors"),
    Trait("is_paid", "share on the paid plan", "pay", "do not pay"),
    Trait("is_iphone", "share with mostly an iPhone", "have an iPhone", "have another phone"),
)  # fmt: skip
BY_NAME = {trait.name: trait for trait in TRAITS}

_PER_DAY = tuple(
    trait.name.removesuffix("_a_day")
    for trait in TRAITS
    if trait.name.endswith("_a_day") and trait.name != "plays_a_day"
)


def traits_at(view: View, past: Past) -> pd.DataFrame:
    """One row per person active in the last 14 days, indexed by ``user_id``, in order.

    Columns are the names of the traits that the source tells; unknown is NaN.
    """
    tables = [_of_days(view, past)]
    if past.has("user_day_hours"):
        tables.append(_of_hours(view, past))
    if past.has("user_day_devices"):
        tables.append(_of_devices(view, past))
    tables.append(_of_songs(view, past))
    joined = reduce(lambda left, right: left.join(right), map(_indexed(view), tables))
    joined = joined[joined.pop("last_age") <= ACTIVE_DAYS].sort_index()
    found = joined.assign(novelty=_novelty(joined["n_songs"], joined["n_known_plays"]))
    names = [trait.name for trait in TRAITS if trait.name in found.columns]
    return found[names].astype("float64")


def _novelty(n_songs: pd.Series, n_plays: pd.Series) -> pd.Series:
    """The power h of plays that gives the songs: 1 is never the same song, 0 always.

    Songs per play would fall with plays for everybody (Heaps' law).
    """
    enough = n_plays >= _LEAST_PLAYS
    return np.log(n_songs.where(enough)) / np.log(n_plays.where(enough))


def usable(table: pd.DataFrame, *, is_behaviour: bool = False) -> list[str]:
    """The traits that most listeners have and that not all have alike."""
    return [
        name
        for name in table.columns
        if table[name].notna().mean() >= _LEAST_KNOWN
        and table[name].nunique() > 1
        and (BY_NAME[name].is_behaviour or not is_behaviour)
    ]


def scaled(table: pd.DataFrame) -> pd.DataFrame:
    """Rates by their logarithm, shares as they are: what distances are taken of."""
    return table.assign(
        **{name: np.log1p(table[name]) for name in table.columns if BY_NAME[name].is_rate}
    )


def _indexed(view: View):
    return lambda table: view.frame(table).set_index("user_id")


def _of_days(view: View, past: Past) -> ir.Table:
    days = view.people("user_days", past, WINDOW_DAYS)
    n_days = days.count()
    # Of who came three days ago there are three days to see; of less than a week, no habit yet.
    span = ibis.greatest(days.age_days.max(), 7)
    is_weekend = days.day.day_of_week.index() >= 5
    columns = {
        "last_age": days.age_days.min(),
        "active_days_a_week": 7 * n_days / span,
        # Cast: 1.0 is a decimal to Spark, and the mean of decimals is cut to six digits.
        "share_weekend": _if_enough(
            is_weekend.cast("int64").cast("float64").mean(), n_days, _LEAST_DAYS
        ),
    }
    there = set(days.columns)
    if "n_plays" in there:
        columns["plays_a_day"] = days.n_plays.sum() / n_days
    if "n_skips" in there:
        share = days.n_skips.sum() / days.n_plays.sum().nullif(0)
        columns["share_skipped"] = _if_enough(share, days.n_plays.sum(), _LEAST_PLAYS)
    if "n_finished" in there:
        n_known = days.n_plays_with_share.sum()
        share = days.n_finished.sum() / n_known.nullif(0)
        columns["share_finished"] = _if_enough(share, n_known, _LEAST_PLAYS)
    for what in _PER_DAY:
        if f"n_{what}" in there:
            columns[f"{what}_a_day"] = days[f"n_{what}"].sum() / n_days
    if "is_paid" in there:
        columns["is_paid"] = days.is_paid.argmin(days.age_days, where=days.is_paid.notnull())
    return days.group_by("user_id").agg(**columns)


def _if_enough(share: ir.Value, n: ir.Value, least: int) -> ir.Value:
    return (n >= least).ifelse(share, None)


def _of_hours(view: View, past: Past) -> ir.Table:
    hours = view.people("user_day_hours", past, WINDOW_DAYS)
    total = hours.n_events.sum()

    def share(start: int, end: int) -> ir.Value:
        inside = (hours.hour >= start) & (hours.hour < end)
        part = hours.n_events.sum(where=inside).fill_null(0) / total
        return _if_enough(part, total, _LEAST_EVENTS)

    return hours.group_by("user_id").agg(share_evening=share(*_EVENING), share_night=share(*_NIGHT))


def _of_devices(view: View, past: Past) -> ir.Table:
    days = view.people("user_day_devices", past, WINDOW_DAYS)
    iphone = days.n_events.sum(where=days.device == "iphone").fill_null(0)
    counted = days.group_by("user_id").agg(share=iphone / days.n_events.sum())
    return counted.select("user_id", is_iphone=(counted.share > 0.5).cast("int64"))


def _of_songs(view: View, past: Past) -> ir.Table:
    songs = view.people("user_item_days", past, WINDOW_DAYS)
    return songs.group_by("user_id").agg(
        n_songs=songs.item_id.nunique(where=songs.n_plays > 0), n_known_plays=songs.n_plays.sum()
    )
