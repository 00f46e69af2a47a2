"""The table that actions look at: one row per listener, no value unknown but in own columns.

probability     of leaving, calibrated
is_active_14d   whether there was an event in the last 14 days; the others are silent already
is_paid         whether the listener pays; unknown plans resolved by the business model
value           what the listener is worth when kept
n_songs         how many songs there are to propose
business_model  "freemium", "paid" or "advertising", the same in all rows
"""

from __future__ import annotations

import pandas as pd

from tenuto.errors import ContractError
from tenuto.settings import RetentionSettings

_NEEDED = ("user_id", "probability", "is_active_14d")


def people_of(
    scores: pd.DataFrame, settings: RetentionSettings, n_songs: pd.Series | int
) -> pd.DataFrame:
    """The people of a table of scores, rows and further columns as they are.

    ``is_paid`` may be missing or NULL: a plan that is not known is a paying one where the whole
    service is ``paid``, else a free one, which is the cautious guess.

    Raises
    ------
    ContractError : if a column is missing, or somebody has no probability
    """
    missing = [name for name in _NEEDED if name not in scores]
    if missing or scores["probability"].isna().any():
        raise ContractError(
            f"scores lack {', '.join(missing) or 'a probability in some rows'}",
            mend="run `tenuto churn WORKSPACE` again",
        )
    is_paid = is_paying(scores, settings)
    return scores.assign(
        is_paid=is_paid,
        value=is_paid.map({True: settings.value["paid"], False: settings.value["free"]}),
        n_songs=n_songs,
        business_model=settings.business_model,
    )


def is_paying(scores: pd.DataFrame, settings: RetentionSettings) -> pd.Series:
    """Whether each listener pays; with advertising alone nobody does."""
    if settings.business_model == "advertising":
        return pd.Series(False, index=scores.index)
    known = scores.get("is_paid", pd.Series(pd.NA, index=scores.index))
    paid = known.astype("Float64").fillna(float(settings.business_model == "paid"))
    return paid.astype("float64") > 0
