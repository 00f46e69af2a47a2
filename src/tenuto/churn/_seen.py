"""Who was seen before a cutoff, and who of them is an example."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from types import ModuleType

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from tenuto import labels
from tenuto.engines import Engine
from tenuto.errors import SettingsError
from tenuto.timeline import POPULATIONS, Past, Timeline, listeners

#: From user ids to which of them are taken.
Draw = Callable[[np.ndarray], np.ndarray]

#: Why somebody seen is no example.
ROBOT, GONE, IMMUNE = "robot", "gone", "immune"


@dataclass(frozen=True)
class Seen:
    """Who was seen before a cutoff: ``everybody``, why some are ``left_out``, and ``people``."""

    engine: Engine
    cutoff: date
    member: ModuleType
    past: Past
    everybody: ir.Table
    people: ir.Table
    is_drawn: bool = False

    @classmethod
    def at(
        cls, engine: Engine, timeline: Timeline, cutoff: date, *, label: str, bin_days: int
    ) -> Seen:
        """See `at_cutoff`."""
        member = labels.CATALOGUE.get(label)
        has_own_bins = hasattr(member, "BINS")
        past = (
            timeline.own_past(engine, cutoff, bin_days)
            if has_own_bins
            else timeline.past(engine, cutoff)
        )
        _refuse_unknown(label, member.NEEDS, past)
        everybody = engine.cache(_judged(listeners(past), member, bin_days))
        people = everybody.filter(everybody.left_out.isnull()).drop("left_out", "robot_reason")
        return cls(engine, cutoff, member, past, everybody, people)

    def user_ids(self) -> np.ndarray:
        """Of the people, in no order."""
        return self.engine.to_arrow(self.people.select("user_id"))["user_id"].to_numpy()

    def n_active(self, population: str) -> int:
        """How many of the people are in ``population``."""
        days = POPULATIONS[population]
        people = self.people
        if days is not None:
            people = people.filter(people.days_since_last_event <= days)
        counted = self.engine.to_arrow(people.count().name("n").as_table())
        return int(counted["n"][0].as_py())

    def drawn(self, draw: Draw) -> Seen:
        """Those that ``draw`` says yes to; everybody's features need not be built for a few."""
        user_id = self.user_ids()
        chosen = self.engine.from_arrow(pa.table({"chosen": pa.array(user_id[draw(user_id)])}))
        people = self.people.semi_join(chosen, [("user_id", "chosen")])
        return replace(self, people=self.engine.cache(people), is_drawn=True)

    def counts(self) -> dict[str | None, int]:
        """How many are left out for each reason."""
        counted = self.everybody.group_by("left_out").agg(n=lambda rows: rows.count())
        return dict(zip(*self.engine.to_arrow(counted).to_pydict().values(), strict=True))


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
        (everybody.robot_reason.notnull(), ROBOT),
        (gone, GONE),
        (~can_happen, IMMUNE),
        else_=None,
    )
    return everybody.mutate(left_out=reason)
