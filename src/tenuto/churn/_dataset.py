"""From a cutoff to examples: who was there, what was known, and, once it is, what came after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import ModuleType

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from tenuto import labels
from tenuto.churn._examples import Examples
from tenuto.churn._follow_up import FollowUp, followed_days
from tenuto.engines import Engine
from tenuto.errors import SettingsError
from tenuto.features import Feature, build_features
from tenuto.timeline import POPULATIONS, OwnPast, Past, Timeline, listeners

_ROBOT, _GONE, _IMMUNE = "robot", "gone", "immune"


@dataclass(frozen=True)
class CutoffData:
    """Everything about one cutoff, rows in the order of ``examples``.

    ``people`` has the columns of `timeline.listeners` but the reason to be a robot. ``n_robots``,
    ``n_gone`` (cancelled before) and ``n_immune`` (the label cannot happen to them) were seen
    too, and are no examples.
    """

    cutoff: date
    examples: Examples
    people: pd.DataFrame
    features: list[Feature]
    n_robots: int
    n_gone: int = 0
    n_immune: int = 0

    def populations(self) -> dict[str, np.ndarray]:
        """A bool mask per population."""
        idle = self.people["days_since_last_event"].to_numpy()
        return {
            name: np.ones(len(idle), dtype=bool) if days is None else idle <= days
            for name, days in POPULATIONS.items()
        }


def at_cutoff(
    engine: Engine,
    timeline: Timeline,
    cutoff: date,
    *,
    label: str,
    horizon_days: int,
    bin_days: int = 14,
    max_window_days: int | None = None,
    is_labelled: bool = True,
    known_until: date | None = None,
) -> CutoffData:
    """The examples of one cutoff; robots, and those to whom it cannot happen, are left out (K4).

    A label with ``BINS`` looks at each user's own clock, where ``cutoff`` is the day up to which
    own bins are over; rows then carry their own cutoffs.

    ``known_until`` is the day on which a model is trained, the cutoff that it will score: with it
    the examples say when the event came (``follow_up``), and never look past that day. Labels
    without ``event_day`` have no times.

    Raises
    ------
    CutoffError : if ``is_labelled`` and the window of the label is still open
    LeakError : if the label was still open on ``known_until``
    UnknownName : if there is no such label
    SettingsError : if the source knows nothing that the label needs
    """
    member = labels.CATALOGUE.get(label)
    own_bins = getattr(member, "BINS", None)
    past = (
        timeline.own_past(engine, cutoff, bin_days) if own_bins else timeline.past(engine, cutoff)
    )
    _refuse_unknown(label, member.NEEDS, past)
    everybody = engine.cache(_judged(listeners(past), member, bin_days))
    people = everybody.filter(everybody.left_out.isnull()).drop("left_out", "robot_reason")
    built = build_features(past, people, max_window_days=max_window_days)
    table = built.table
    if is_labelled:
        future = (
            timeline.own_future(past, member.BINS)
            if isinstance(past, OwnPast)
            else timeline.future(engine, cutoff, horizon_days)
        )
        table = table.inner_join(member.label(people, future), "user_id")
    followed = None
    if is_labelled and known_until is not None and hasattr(member, "event_day"):
        followed = followed_days(cutoff, known_until, horizon_days)
        days = member.event_day(people, timeline.future(engine, cutoff, followed))
        table = table.inner_join(days, "user_id")
    if isinstance(past, OwnPast):
        table = table.inner_join(past.cutoffs.select("user_id", "own_cutoff"), "user_id")
    frame = engine.to_arrow(table.order_by("user_id")).to_pandas()
    examples = Examples(
        user_id=frame["user_id"].to_numpy(),
        cutoff=frame["own_cutoff"].to_numpy()
        if own_bins
        else np.full(len(frame), np.datetime64(cutoff)),
        X=frame[built.names],
        y=frame["label"].to_numpy() if is_labelled else None,
        outcome=frame["outcome"].to_numpy() if "outcome" in frame else None,
        follow_up=None if followed is None else _times(frame, followed, member, horizon_days),
    )
    seen = engine.to_arrow(people.order_by("user_id")).to_pandas()
    counted = everybody.group_by("left_out").agg(n=lambda rows: rows.count())
    n_out = dict(zip(*engine.to_arrow(counted).to_pydict().values(), strict=True))
    return CutoffData(
        cutoff,
        examples,
        seen,
        built.features,
        *(n_out.get(reason, 0) for reason in (_ROBOT, _GONE, _IMMUNE)),
    )


def _times(frame: pd.DataFrame, followed: int, member: ModuleType, horizon_days: int) -> FollowUp:
    days = frame["event_day"].to_numpy(dtype=np.float64, na_value=np.nan)
    is_return = getattr(member, "EVENT_IS_A_RETURN", False)
    return FollowUp(days, np.full(len(frame), followed), horizon_days, is_return)


def _refuse_unknown(label: str, needs: tuple[str, ...], past: Past) -> None:
    missing = [column for column in needs if column not in past.table("user_days").columns]
    if missing:
        raise SettingsError(
            f"the label '{label}' needs {', '.join(missing)}, of which this source tells nothing",
            mend="choose another churn.label in tenuto.toml; `tenuto list labels` names them",
        )


def _judged(everybody: ir.Table, member: ModuleType, bin_days: int) -> ir.Table:
    """``everybody`` with the reason for which one is ``left_out``; NULL for examples."""
    gone = everybody.days_since_cancelled.notnull()
    if getattr(member, "BINS", (1, 1))[0] == 0:
        # The bin itself is looked at: who cancelled in it was there when it began.
        gone = gone & (everybody.days_since_cancelled > bin_days)
    can_happen = member.at_risk(everybody) if hasattr(member, "at_risk") else ibis.literal(True)
    reason = ibis.cases(
        (everybody.robot_reason.notnull(), _ROBOT),
        (gone, _GONE),
        (~can_happen, _IMMUNE),
        else_=None,
    )
    return everybody.mutate(left_out=reason)
