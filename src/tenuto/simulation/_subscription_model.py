"""Every number of the subscription service that decides who comes, who pays and who cancels.

A listener's account is a chain that moves once a day: free or paid, content or drifting
since so many days, and at last cancelled. A listener who drifts comes less, suffers more
and asks for help; some of them cancel in the second or third week of it, the others settle
again. Who is content may cancel, too, without a sign.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
import tomli_w

FIRST_DAY = date(2018, 10, 1)  # S3-D1: 2018-10-01 to 2018-12-03, 63 days
DAYS = 63
FREE, PAID = 0, 1
PLANS = ("free", "paid")
# Share of a week's events by day, Monday first, as Sparkify-format logs of the generator show
# it (132,419 events of 2018-10 and 11: .134 .168 .184 .167 .152 .102 .093), seven in all.
WEEKDAYS = (0.94, 1.18, 1.29, 1.17, 1.06, 0.71, 0.65)


@dataclass(frozen=True)
class SubscriptionModel:
    """The whole population; what ``truth/model.toml`` holds.

    Chances and hazards are per day. ``frailty_sd`` is that of the logarithm of a listener's
    own factor on all roads to leaving. On days 1 to ``quiet_days`` of a drift nobody leaves
    because of it, later ``drift_hazard`` holds; after ``longest_drift`` days it is over.
    ``drift_begins``, ``sudden_hazard``, ``new_factor`` and the frailty are set so that
    about 23 % of listeners cancel in 63 days (S3-D1), six in ten of them after a drift; how
    that is shared out is arbitrary. Upgrades and downgrades are S3-D3's 159 and 63 of 225
    listeners.
    """

    newcomer_share: float = 0.15  # arbitrary: 2 % in the published logs, 24 % in steady state
    mean_tenure_days: float = 66.0  # at the first log day, as in logs of the generator
    longest_tenure_days: float = 400.0
    frailty_sd: float = 0.8
    sudden_hazard: float = 0.0012
    drift_begins: float = 0.0027
    quiet_days: int = 6
    drift_hazard: float = 0.08
    longest_drift: int = 21
    new_factor: float = 1.0  # on both roads, falling with the days since sign-up
    new_days: float = 30.0
    plan_factors: tuple[float, float] = (1.5, 0.9)  # free, paid
    upgrade: float = 0.034
    downgrade: float = 0.0075
    drifting_downgrade: float = 2.0
    plan_sd: float = 0.6
    active_alpha: float = 1.1
    active_beta: float = 3.7
    paid_activity: float = 1.15
    highest_activity: float = 0.95
    drift_activity: float = 0.3  # what is left of it, from the fourteenth day of a drift on
    drift_full_days: int = 14

    def hazards(self, frailty, age, plan, drift) -> np.ndarray:
        """The chance of cancelling on a day; arguments are broadcast against each other.

        ``age`` is days since sign-up, 1 or more; ``drift`` the day of the drift, 0 for none.
        """
        sudden = self.sudden_hazard * self._restless(frailty, age, plan)
        is_ripe = np.asarray(drift) > self.quiet_days
        return np.where(is_ripe, self.drift_hazard, np.minimum(sudden, 0.5))

    def drifting(self, frailty, age, plan) -> np.ndarray:
        """The chance that a content listener begins to drift on the next day."""
        return np.minimum(self.drift_begins * self._restless(frailty, age, plan), 0.5)

    def _restless(self, frailty, age, plan) -> np.ndarray:
        young = 1.0 + self.new_factor * np.exp(-np.asarray(age) / self.new_days)
        return np.exp(self.frailty_sd * np.asarray(frailty)) * young * self._plan_factor(plan)

    def _plan_factor(self, plan) -> np.ndarray:
        return np.array(self.plan_factors)[np.asarray(plan)]

    def changes(self, upgrading, downgrading, plan, drift) -> np.ndarray:
        """The chance of changing the plan on a day, given that the account is not cancelled."""
        more = np.where(np.asarray(drift) > 0, self.drifting_downgrade, 1.0)
        down = self.downgrade * downgrading * more
        return np.minimum(np.where(np.asarray(plan) == FREE, self.upgrade * upgrading, down), 0.5)

    def depth(self, drift) -> np.ndarray:
        """How far a drift has gone, from 0 (content) to 1."""
        return np.minimum(np.asarray(drift) / self.drift_full_days, 1.0)

    def activity(self, base, plan, drift, weekday: int) -> np.ndarray:
        """The chance that a listener comes on a day."""
        left = 1.0 - (1.0 - self.drift_activity) * self.depth(drift)
        paid = np.where(np.asarray(plan) == PAID, self.paid_activity, 1.0)
        return np.minimum(base * paid * left * WEEKDAYS[weekday], self.highest_activity)

    def save(self, path: Path) -> None:
        """Write as TOML; equal models are equal bytes."""
        path.write_text(tomli_w.dumps(asdict(self)), "utf-8")

    @classmethod
    def load(cls, path: Path) -> SubscriptionModel:
        """Read what ``save`` wrote."""
        found = tomllib.loads(path.read_text("utf-8"))
        return cls(**{**found, "plan_factors": tuple(found["plan_factors"])})
