"""Risk in words and in tenths: where a listener stands among the others of the same list."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Share of the list, from the top, at which a band ends. Arbitrary, but the first is what a
#: team can call, and the second what most campaigns reach.
BANDS = {"highest": 0.10, "high": 0.30, "middle": 0.60, "low": 1.0}
ACTIVE, SILENT = "active", "silent"


def risk_bands(people: pd.DataFrame) -> pd.DataFrame:
    """``band`` and ``stratum`` of each listener, rows as ``people``.

    Both go by the place of the probability among those of the same list: who was active in the
    last 14 days, and who was not. So there is always a highest band, whatever the base rate.
    ``stratum`` is the list and the tenth, such as "active 01", the most likely to leave. A tie
    in probability goes to the smaller id.
    """
    place = people["is_active_14d"].map({True: ACTIVE, False: SILENT})
    ordered = people.assign(list=place).sort_values(
        ["list", "probability", "user_id"], ascending=[True, False, True]
    )
    grouped = ordered.groupby("list")["probability"]
    share = grouped.cumcount() / grouped.transform("size")
    tenth = (np.floor((share * 10).round(9)) + 1).astype("int64")
    names = np.array(list(BANDS), dtype=object)
    at = np.searchsorted(list(BANDS.values()), share.round(9), side="right")
    found = pd.DataFrame(
        {
            "band": names[at.clip(max=len(names) - 1)],
            "stratum": ordered["list"] + tenth.map(" {:02d}".format),
        },
        index=ordered.index,
    )
    return found.loc[people.index]
