"""From a cutoff to examples: who was there, what was known, and, once it is, what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa

from tenuto.churn._examples import Examples
from tenuto.churn._follow_up import FollowUp, followed_days
from tenuto.churn._seen import GONE, IMMUNE, ROBOT, Draw, Seen
from tenuto.engines import Engine
from tenuto.features import Feature, build_features
from tenuto.timeline import POPULATIONS, OwnPast, Timeline


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

    @staticmethod
    def concatenate(parts: Sequence[CutoffData]) -> CutoffData:
        """One cutoff from its parts, of other listeners each."""
        if len(parts) == 1:
            return parts[0]
        return CutoffData(
            parts[0].cutoff,
            Examples.concatenate([part.examples for part in parts]),
            pd.concat([part.people for part in parts], ignore_index=True),
            parts[0].features,
            sum(part.n_robots for part in parts),
            sum(part.n_gone for part in parts),
            sum(part.n_immune for part in parts),
        )

    def within(self, max_window_days: int) -> CutoffData:
        """The same with the features alone that look back so many days at most."""
        features = [item for item in self.features if item.looks_within(max_window_days)]
        X = self.examples.X[[item.name for item in features]]
        return replace(self, features=features, examples=replace(self.examples, X=X))

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
    draw: Draw | None = None,
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
    seen = Seen.at(engine, timeline, cutoff, label=label, bin_days=bin_days)
    return examples_of(
        seen if draw is None else seen.drawn(draw),
        timeline,
        horizon_days=horizon_days,
        max_window_days=max_window_days,
        is_labelled=is_labelled,
        known_until=known_until,
    )


def examples_of(
    seen: Seen,
    timeline: Timeline,
    *,
    horizon_days: int,
    max_window_days: int | None = None,
    is_labelled: bool = True,
    known_until: date | None = None,
) -> CutoffData:
    """The examples of those seen; see `at_cutoff`."""
    engine, cutoff, member, past = seen.engine, seen.cutoff, seen.member, seen.past
    people = seen.people
    known = past.among(people) if seen.is_drawn else past
    built = build_features(known, people, max_window_days=max_window_days)
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
    rows = engine.to_arrow(table.order_by("user_id"))
    X = _matrix(rows, built.names)
    frame = rows.drop_columns(built.names).to_pandas()
    del rows
    examples = Examples(
        user_id=frame["user_id"].to_numpy(),
        cutoff=frame["own_cutoff"].to_numpy()
        if isinstance(past, OwnPast)
        else np.full(len(frame), np.datetime64(cutoff)),
        X=X,
        y=frame["label"].to_numpy() if is_labelled else None,
        outcome=frame["outcome"].to_numpy() if "outcome" in frame else None,
        follow_up=None if followed is None else _times(frame, followed, member, horizon_days),
    )
    n_out = seen.counts()
    return CutoffData(
        cutoff,
        examples,
        engine.to_arrow(people.order_by("user_id")).to_pandas(),
        built.features,
        *(n_out.get(reason, 0) for reason in (ROBOT, GONE, IMMUNE)),
    )


def _matrix(rows: pa.Table, names: list[str]) -> pd.DataFrame:
    """Features as one block; the usual way from Arrow has each number three times in memory."""
    block = np.empty((len(names), rows.num_rows))
    for place, name in enumerate(names):
        block[place] = rows[name].to_numpy()
    return pd.DataFrame(block.T, columns=names, copy=False)


def _times(frame: pd.DataFrame, followed: int, member: ModuleType, horizon_days: int) -> FollowUp:
    days = frame["event_day"].to_numpy(dtype=np.float64, na_value=np.nan)
    is_return = getattr(member, "EVENT_IS_A_RETURN", False)
    return FollowUp(days, np.full(len(frame), followed), horizon_days, is_return)
