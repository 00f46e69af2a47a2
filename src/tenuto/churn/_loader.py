"""Examples of a large service: in parts, side by side, no more than are learned from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pyarrow as pa

from tenuto.churn._dataset import CutoffData, at_cutoff
from tenuto.churn._examples import Examples
from tenuto.churn._protocols import enough_users
from tenuto.churn._seen import Draw, Seen
from tenuto.engines import Engine, beside_each_other
from tenuto.settings import ChurnSettings
from tenuto.timeline import Timeline, UserRange, parts_of


@dataclass
class Loader:
    """Asks one question at any cutoff; ``n_threads`` engines work on it, and change nothing."""

    engine: Engine
    timeline: Timeline
    settings: ChurnSettings
    label: str
    n_threads: int = 1

    def load(
        self, cutoff: date, *, is_labelled: bool = True, all_windows: bool = False
    ) -> CutoffData:
        """Everybody at a cutoff, by default with windows that every training cutoff has seen."""

        def of_part(engine: Engine, part: UserRange) -> CutoffData:
            return at_cutoff(
                engine,
                self.timeline.of_users(part),
                cutoff,
                max_window_days=None if all_windows else self.settings.min_history_days,
                is_labelled=is_labelled,
                **self._question,
            )

        parts = parts_of(self._user_ids) if self.engine.has_siblings else [UserRange()]
        return CutoffData.concatenate(
            beside_each_other(self.engine, of_part, parts, self.n_threads)
        )

    def training(self, cutoffs: list[date], known_until: date | None) -> Examples:
        """The examples to learn from: all, or those of as many users as `forward` takes.

        They are drawn before features are built: of all listeners of a large service that takes
        longer than to learn from them.
        """
        draw = self._draw(cutoffs)

        def at(engine: Engine, cutoff: date) -> Examples:
            return at_cutoff(
                engine,
                self.timeline,
                cutoff,
                max_window_days=self.settings.min_history_days,
                known_until=known_until,
                draw=draw,
                **self._question,
            ).examples

        return Examples.concatenate(beside_each_other(self.engine, at, cutoffs, self.n_threads))

    @property
    def _question(self) -> dict[str, Any]:
        """What is asked at every cutoff."""
        settings = self.settings
        return {
            "label": self.label,
            "horizon_days": settings.horizon_days,
            "bin_days": settings.bin_days,
        }

    @cached_property
    def _user_ids(self) -> pa.Array:
        return self.timeline.user_ids(self.engine)

    def _draw(self, cutoffs: list[date]) -> Draw | None:
        """Who is learned from; None where everybody is."""
        settings = self.settings
        if len(self._user_ids) * len(cutoffs) <= settings.max_training_rows:
            return None
        asked: dict[str, Any] = {"label": self.label, "bin_days": settings.bin_days}
        seen = [Seen.at(self.engine, self.timeline, cutoff, **asked) for cutoff in cutoffs]
        return enough_users(
            [each.user_ids() for each in seen], settings.folds, settings.max_training_rows
        )
