"""From a cutoff to examples: who was there, what was known, and, once it is, what came after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from tenuto import labels
from tenuto.churn._examples import Examples
from tenuto.engines import Engine
from tenuto.features import Feature, build_features
from tenuto.timeline import POPULATIONS, Timeline, listeners


@dataclass(frozen=True)
class CutoffData:
    """Everything about one cutoff, rows in the order of ``examples``.

    ``people`` has ``user_id``, ``first_day``, ``last_day`` and ``days_since_last_event``.
    ``n_robots`` were seen too, and are no examples.
    """

    cutoff: date
    examples: Examples
    people: pd.DataFrame
    features: list[Feature]
    n_robots: int

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
    max_window_days: int | None = None,
    is_labelled: bool = True,
) -> CutoffData:
    """The examples of one cutoff; robots are left out and counted (K4).

    Raises
    ------
    CutoffError : if ``is_labelled`` and the window of the label is still open
    """
    past = timeline.past(engine, cutoff)
    everybody = engine.cache(listeners(past))
    people = everybody.filter(everybody.robot_reason.isnull()).drop("robot_reason")
    built = build_features(past, people, max_window_days=max_window_days)
    table = built.table
    if is_labelled:
        future = timeline.future(engine, cutoff, horizon_days)
        outcome = labels.CATALOGUE.get(label).label(people, future)
        table = table.inner_join(outcome, "user_id")
    frame = engine.to_arrow(table.order_by("user_id")).to_pandas()
    examples = Examples(
        user_id=frame["user_id"].to_numpy(),
        cutoff=np.full(len(frame), np.datetime64(cutoff)),
        X=frame[built.names],
        y=frame["label"].to_numpy() if is_labelled else None,
    )
    seen = engine.to_arrow(people.order_by("user_id")).to_pandas()
    n_robots = engine.to_arrow(everybody.aggregate(n=everybody.count()))["n"][0].as_py()
    return CutoffData(cutoff, examples, seen, built.features, n_robots - len(seen))
