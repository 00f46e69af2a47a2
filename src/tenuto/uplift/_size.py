"""How many it takes before an uplift model may speak at all."""

from __future__ import annotations

import numpy as np

from tenuto.errors import NotEnoughData

#: Listeners of each group, and leavers and stayers in it.
LEAST = {"listeners": 1_000, "leavers": 200, "stayers": 200}


def refuse_if_few(y, is_treated, share: float = 1.0) -> None:
    """Raise NotEnoughData if either group is too small to learn uplift from.

    An uplift is a difference of two chances, and what sets listeners apart is a difference of
    such differences. In 20 simulated campaigns with an effect of 2 points (`campaign_table` with
    effect 0.3) the first quarter of two_model's list was helped more than a random quarter and
    than that of risk in 15 where 300 were held out, in 17 with 600 and in 18 with 1,000.

    ``share`` : of the whole campaign that these rows are; less than 1 for a fold's training
    """
    labels, treated = np.asarray(y), np.asarray(is_treated, dtype=bool)
    for words, here in (("contacted", treated), ("held out", ~treated)):
        counts = {
            "listeners": int(here.sum()),
            "leavers": int((labels[here] == 1).sum()),
            "stayers": int((labels[here] == 0).sum()),
        }
        for what, least in LEAST.items():
            # A fold may be short of its share by a row.
            if counts[what] < int(least * share) - (share < 1):
                raise NotEnoughData(
                    f"only {counts[what]:,} {what} among those {words}: for whom contact helps "
                    f"cannot be learned from fewer than {least:,}",
                    mend="hold out more listeners next time (retention.holdout_share), or measure "
                    "several rounds of the campaign together",
                )
