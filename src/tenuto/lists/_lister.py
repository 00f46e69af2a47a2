"""What lists of one workspace are made with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from tenuto.engines import Engine
from tenuto.errors import NotEnoughData
from tenuto.lists._curves import Curves
from tenuto.lists._desk import Desk, fitted_on, is_of_members
from tenuto.lists._device_context import ContextSettings
from tenuto.lists._devices import usual_devices
from tenuto.lists._judged import Judged, judged_lists
from tenuto.lists._shown import days_remembered, shown_before
from tenuto.lists._updates import EarlierRun, settings_digest
from tenuto.preferences import feedback_before, learned_weights
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._inner import InnerSplit, forward
from tenuto.recommenders._interactions import Interactions, interactions_before
from tenuto.recommenders._ranges import rows_of_users
from tenuto.settings import RecommendSettings
from tenuto.timeline import Past, Timeline

#: What settings of recommenders are searched for: songs that are new to the listener.
TUNED_FOR = "new"
#: Listeners that lists of an earlier day are made of, to be judged. Arbitrary.
MAX_LEARNERS = 20_000


@dataclass(frozen=True)
class Lister:
    """What lists of one workspace are made with at ``day``, or at an earlier cutoff.

    day : the cutoff of the lists; what is known of that day alone is used at no other
    root : the workspace's folder
    items : ``item_id``, ``title``, ``artist``, one row per item
    risk : by user_id, 0 to 1, as known on ``day``; empty where it is not known
    tuned : recommender -> settings that a search found
    """

    day: date
    root: Path
    engine: Engine
    timeline: Timeline
    items: pd.DataFrame
    settings: RecommendSettings
    horizon_days: int
    random_state: int
    risk: pd.Series
    tuned: Mapping[str, Mapping[str, Any]]

    def interactions(self, past: Past, users: pa.Array | None = None) -> Interactions:
        """What was known before the cutoff of ``past``, as the settings look at it.

        Of ``users``; by default of everybody.
        """
        settings = self.settings
        is_signals = settings.preference == "signals"
        return interactions_before(
            past,
            settings.preference,
            settings.window_days,
            settings.history_days or None,
            settings=self._signals(past) if is_signals else None,
            feedback=feedback_before(self.root, past.cutoff),
            users=users,
        )

    def interactions_of_some(self, past: Past) -> Interactions:
        """Of at most `MAX_LEARNERS`, drawn by chance: enough to judge by, in a bearable time."""
        users = pa.array(rows_of_users(past, self.settings.history_days or None).index)
        if len(users) <= MAX_LEARNERS:
            return self.interactions(past)
        rng = np.random.default_rng([self.random_state, 12])
        drawn = np.sort(rng.choice(len(users), MAX_LEARNERS, replace=False))
        return self.interactions(past, users.take(pa.array(drawn)))

    def desk(
        self,
        cutoff: date,
        learned: Judged | None = None,
        *,
        is_whole: bool = True,
        earlier: EarlierRun | None = None,
    ) -> Desk:
        """All recommenders fitted on what was known before ``cutoff``.

        Parameters
        ----------
        learned : what lists of an earlier cutoff taught; without it models learn whom to trust
            by themselves
        is_whole : else only `MAX_LEARNERS` of the listeners, drawn by chance, are learned from
        earlier : its models are updated in place of a fit, and what it had learned is kept
        """
        past, settings = self.timeline.past(self.engine, cutoff), self.settings
        has_to_learn = learned is None and earlier is None and is_of_members(settings.model)
        interactions = self.interactions(past) if is_whole else self.interactions_of_some(past)
        curves, context = _curves_and_context(learned, earlier)
        prior = None
        if context is not None:
            prior = context.prior(past, interactions.item_ids, settings.window_days)
        remembered = days_remembered(settings.reranking)
        return Desk.fit(
            interactions,
            settings,
            device=usual_devices(past, settings.window_days),
            risk=self.risk if cutoff == self.day else None,
            artists=self.items.set_index("item_id")["artist"],
            shown=shown_before(self.root / "runs", cutoff, remembered) if remembered else None,
            tuned=self.tuned,
            inner=self.inner(cutoff) if has_to_learn else None,
            taught=None if learned is None else learned.model,
            curves=curves,
            prior=prior,
            earlier=earlier,
        )

    def earlier(self, cutoff: date) -> EarlierRun | None:
        """The run that may be carried on, or that a refit is compared with, if there can be one."""
        if self.settings.refit_days == 1:
            return None
        return EarlierRun.latest(self.root / "runs", cutoff, self.settings_digest())

    def settings_digest(self) -> str:
        """Of all that models and lists are made with but the data."""
        asked = [self.settings.model_dump(), self.horizon_days, self.random_state, self.tuned]
        return settings_digest(*asked)

    def inner(self, cutoff: date, target: str = "all") -> InnerSplit | None:
        """What may be learned from of ``cutoff``; None where the log begins too late for it."""
        days, before = self.horizon_days, self._most_heard
        try:
            return forward(self.engine, self.timeline, cutoff, days, before, target)
        except NotEnoughData:
            return None

    def _most_heard(self, past: Past) -> Interactions:
        return self.interactions_of_some(past).of_most_heard(self.settings.max_items)

    def _signals(self, past: Past) -> dict[str, float]:
        """As set, or learned from what was played again before the cutoff, if that is better."""
        if not self.settings.learn_signals:
            return self.settings.signals
        wall = past.cutoff - timedelta(days=self.horizon_days)
        try:
            found = learned_weights(
                self.timeline.past(self.engine, wall),
                self.timeline.future(self.engine, wall, self.horizon_days),
                self.settings.window_days,
                random_state=self.random_state,
            )
        except NotEnoughData:
            return self.settings.signals
        return found.settings if found.is_better else self.settings.signals

    def learned_at(self, cutoff: date) -> date | None:
        """The latest cutoff whose outcome was known at ``cutoff``, also if more is known by now."""
        latest = cutoff - timedelta(days=self.horizon_days)
        return latest if latest > self.timeline.first_day else None

    def judged_at(self, cutoff: date) -> date | None:
        """The latest cutoff up to ``cutoff`` of which it is known what was played next."""
        latest = min(cutoff, self.timeline.last_closed_cutoff(self.horizon_days))
        return latest if latest > self.timeline.first_day else None

    def fitted(self, names: Iterable[str], desk: Desk) -> Iterator[Recommender]:
        """Recommenders beside ``desk``, and on the same terms; its own ones are not fitted again.

        With the settings that were found for each, or its own.
        """
        interactions, inner = desk.interactions, None
        learned_from = interactions.of_most_heard(self.settings.max_items)
        known = desk.models()
        for name in names:
            if name not in known and inner is None:
                inner = self.inner(interactions.cutoff)
            yield known.get(name) or fitted_on(learned_from, name, self.tuned, inner)

    def played_after(self, cutoff: date) -> pd.DataFrame:
        """``user_id`` and ``item_id`` of what was played in the horizon from ``cutoff`` on."""
        future = self.timeline.future(self.engine, cutoff, self.horizon_days)
        days = future.table("user_item_days")
        heard = days.filter(days.n_plays > 0).select("user_id", "item_id").distinct()
        return self.engine.to_arrow(heard.order_by(["user_id", "item_id"])).to_pandas()

    def judged(self, cutoff: date) -> Judged | None:
        """Lists made at ``cutoff`` held against what came; None where nobody came back."""
        rng = np.random.default_rng([self.random_state, 11])
        try:
            past = self.timeline.past(self.engine, cutoff)
            desk, future = self.desk(cutoff, is_whole=False), self.played_after(cutoff)
            further = list(self.fitted(self.settings.recommenders, desk))
            return judged_lists(past, desk, future, self.settings, rng, further)
        except NotEnoughData:
            return None


def _curves_and_context(
    learned: Judged | None, earlier: EarlierRun | None
) -> tuple[Curves | None, ContextSettings | None]:
    if earlier is not None:
        return earlier.curves(), earlier.context()
    return (None, None) if learned is None else (learned.curves, learned.context)
