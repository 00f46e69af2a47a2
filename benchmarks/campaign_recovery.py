"""Are campaigns of known effect measured right, and is targeting by uplift found to be better?

Each seed is a made campaign whose true effect is known. Without a planted effect none may be
reported; with one the interval has to hold the truth, and the list by uplift has to beat the list
by risk, in truth and in the report.

    python benchmarks/campaign_recovery.py --seeds 20 --listeners 40000
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenuto.retention._measure import HEADLINE, measure
from tenuto.retention._measure_effect import measure_effect
from tenuto.simulation._campaign_table import FEATURES, campaign_table

VALUE, CONTACT_COST, OFFER_COST = 10.0, 0.3, 0.5


@dataclass(frozen=True)
class Seed:
    """One campaign: the true effect, what was measured, and the lists' difference in profit."""

    seed: int
    truth: float
    effect: float
    low: float
    high: float
    is_null_seen: bool
    difference: float
    difference_low: float
    difference_high: float

    @property
    def holds(self) -> bool:
        return self.low <= self.truth <= self.high

    @property
    def says_uplift(self) -> bool:
        return self.difference_low > 0


def one_seed(seed: int, n_listeners: int) -> Seed:
    """A campaign with effect, and the same listeners without any."""
    table = campaign_table(n_listeners, seed)
    truth = float((table["y0"] - table["y1"]).mean())
    costs = {"value": VALUE, "contact_cost": CONTACT_COST, "offer_cost": OFFER_COST}
    known = table.drop(columns=["kind", "y0", "y1"]).assign(**costs)
    found = measure(known, table[list(FEATURES)], random_state=seed)
    null = measure_effect(campaign_table(n_listeners, seed, effect=0.0))
    assert found.targeting is not None
    profits = found.targeting.profits.set_index("ranking")
    gap = profits.loc[HEADLINE, ["difference", "difference_low", "difference_high"]]
    effect = found.effect
    return Seed(seed, truth, effect.effect, effect.low, effect.high, null.is_seen, *map(float, gap))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--listeners", type=int, default=40_000)
    asked = parser.parse_args()
    rows = []
    print("seed  true effect  measured [95 %]          null seen  uplift - risk [95 %]")
    for seed in range(asked.seeds):
        found = one_seed(seed, asked.listeners)
        rows.append(found)
        print(
            f"{seed:4}  {found.truth:11.4f}  {found.effect:.4f} [{found.low:.4f}, {found.high:.4f}]"
            f"  {'yes' if found.is_null_seen else 'no':>9}  {found.difference:6,.0f} "
            f"[{found.difference_low:,.0f}, {found.difference_high:,.0f}]",
            flush=True,
        )
    table = pd.DataFrame([vars(row) for row in rows])
    print(f"\nThe interval holds the truth: {sum(row.holds for row in rows)} of {len(rows)}")
    print(f"No effect planted, none reported: {int((~table['is_null_seen']).sum())} of {len(rows)}")
    print(f"Uplift reported to beat risk: {sum(row.says_uplift for row in rows)} of {len(rows)}")
    print(f"Mean difference in profit: {np.mean(table['difference']):,.0f}")


if __name__ == "__main__":
    main()
