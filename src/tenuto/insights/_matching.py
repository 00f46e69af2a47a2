"""Leavers, and beside each of them stayers who were alike on the day of leaving."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from tenuto.insights._groups import plan_of
from tenuto.insights._view import View
from tenuto.labels import usual_label

WINDOW_DAYS = 14
STAYERS_PER_LEAVER = 3
# Lower ends of the bands in which two listeners count as alike.
_ACTIVE_DAYS = (1, 2, 4, 7)
_TENURE_DAYS = (0, 7, 21)
#: What two listeners of a set have in common, and the plan.
BANDS = ("at", "active_band", "songs_band", "tenure_band", "plan")


def find_candidates(view: View) -> pd.DataFrame:
    """One row per leaver, and per stayer and active day on which some leaver like them left.

    A leaver has cancelled, or, where nobody cancels, was silent for the whole horizon after
    the last active day. A stayer has not left before the cutoff, and came again within the
    horizon after the day. Both outcomes are over before the cutoff. Columns: ``user_id``, ``at``
    (days from the start of the log), ``is_leaver``, the bands and what they are made of.
    """
    days = _with_bands(view, _active_days(view))
    leavers = days.filter(days.is_leaving)
    gone = leavers.select(gone="user_id").distinct()
    alike = leavers.select(**{f"like_{name}": name for name in BANDS}).distinct()
    stays = days.filter(days.is_staying).anti_join(gone, [("user_id", "gone")])
    stays = stays.semi_join(alike, [(name, f"like_{name}") for name in BANDS])
    columns = ("user_id", *BANDS, "n_active_days", "n_songs", "tenure_days")
    both = leavers.select(*columns, is_leaver=ibis.literal(True)).union(
        stays.select(*columns, is_leaver=ibis.literal(False))
    )
    return view.frame(both.order_by(["is_leaver", "user_id", "at"]))


def _active_days(view: View) -> ir.Table:
    """Active days: what came in the 14 days up to them, and in the horizon after, if it is over.

    ``n_songs`` sums the different songs of each day: one heard on two days counts twice, so that
    it can be summed over any 14 days without looking at every song again.
    """
    days = _with_songs(view).mutate(at=lambda rows: view.n_days - rows.age_days)
    of_user = ibis.window(group_by="user_id", order_by="at")
    up_to = ibis.range_window(
        preceding=WINDOW_DAYS - 1, following=0, group_by="user_id", order_by="at"
    )
    days = days.mutate(
        silent_days=days["at"].lead().over(of_user) - days["at"] - 1,
        tenure_days=days["at"] - days["at"].first().over(of_user),
        n_active_days=days["at"].count().over(up_to),
        n_songs=days.n_songs.sum().over(up_to),
    )
    is_over = days.age_days > view.horizon_days
    comes_back = (days.silent_days < view.horizon_days).fill_null(False)
    if usual_label(view.past) == "cancellation":
        is_leaving = days.n_cancels > 0
    else:
        is_leaving = is_over & days.silent_days.isnull()
    columns = ("user_id", "at", "tenure_days", "n_active_days", "n_songs")
    return days.select(
        *columns, is_leaving=is_leaving, is_staying=is_over & comes_back & ~is_leaving
    )


def _with_songs(view: View) -> ir.Table:
    """Active days with ``n_songs``, the different songs of the day."""
    songs = view.past.table("user_item_days")
    songs = songs.filter(songs.n_plays > 0)
    counts = songs.group_by(who="user_id", on="day").agg(n_songs=songs.count())
    days = view.people("user_days")
    joined = days.left_join(counts, [("user_id", "who"), ("day", "on")]).drop("who", "on")
    return joined.mutate(n_songs=joined.n_songs.fill_null(0))


def _with_bands(view: View, days: ir.Table) -> ir.Table:
    """Days of leaving and of staying with the bands of their listeners."""
    days = days.filter(days.is_leaving | days.is_staying)
    plans = plan_of(view)
    if plans is None:
        days = days.mutate(plan=ibis.literal(""))
    else:
        told = plans.select(payer="user_id", plan="group")
        days = days.left_join(told, [("user_id", "payer")]).drop("payer")
        days = days.mutate(plan=days.plan.fill_null(""))
    return days.mutate(
        active_band=_band(days.n_active_days, _ACTIVE_DAYS),
        tenure_band=_band(days.tenure_days, _TENURE_DAYS),
        # Bands twice as wide each time: none, 1 to 2, 3 to 6 songs and so on.
        songs_band=(days.n_songs + 1).log2().floor().cast("int64"),
    )


def _band(value: ir.Value, starts: tuple[int, ...]) -> ir.Value:
    return ibis.cases(*((value >= start, start) for start in reversed(starts)), else_=0)


def matched(candidates: pd.DataFrame, random_state: int) -> pd.DataFrame:
    """Sets of one leaver and one to three stayers, each listener in one set at most.

    Returns the chosen rows of ``candidates`` with ``set``; leavers without anybody alike are
    left out. Who is chosen of those alike is drawn, the same for the same seed.
    """
    rng = np.random.default_rng(random_state)
    shuffled = candidates.iloc[rng.permutation(len(candidates))]
    leavers = shuffled[shuffled["is_leaver"]].drop_duplicates("user_id")
    pools: dict[tuple, list[int]] = {}
    for row, stratum in zip(*_strata(shuffled[~shuffled["is_leaver"]]), strict=True):
        pools.setdefault(stratum, []).append(row)
    users, used = candidates["user_id"], set()
    chosen: dict[int, list[int]] = {}
    for _ in range(STAYERS_PER_LEAVER):
        for leaver, stratum in zip(*_strata(leavers), strict=True):
            pool = pools.get(stratum, [])
            while pool and users.at[pool[-1]] in used:
                pool.pop()
            if pool:
                row = pool.pop()
                used.add(users.at[row])
                chosen.setdefault(leaver, []).append(row)
    rows = [(leaver, row) for leaver, others in chosen.items() for row in (leaver, *others)]
    found = candidates.loc[[row for _, row in rows]].assign(set=[leaver for leaver, _ in rows])
    return found.sort_values(["set", "is_leaver", "user_id"], ignore_index=True)


def _strata(rows: pd.DataFrame) -> tuple[list, list[tuple]]:
    return list(rows.index), list(rows[list(BANDS)].itertuples(index=False, name=None))


def balance(sets: pd.DataFrame) -> pd.DataFrame:
    """Leavers and stayers side by side: how many, and the means of what they are matched on."""
    measures = ["n_active_days", "n_songs", "tenure_days"]
    # Every set counts once, however many stayers it has.
    of_set = sets.groupby(["is_leaver", "set"])[measures].mean()
    means = of_set.groupby("is_leaver").mean().rename(columns=lambda name: f"mean_{name}")
    table = means.assign(n_listeners=sets.groupby("is_leaver").size()).reset_index()
    table["group"] = table.pop("is_leaver").map({True: "leavers", False: "stayers"})
    columns = ["group", "n_listeners", *means.columns]
    return table[columns].sort_values("group", ignore_index=True)
