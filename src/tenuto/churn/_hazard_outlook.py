"""What the survival model says of everybody on a list, each listener by its own fold."""

from __future__ import annotations

import pandas as pd

from tenuto.churn._protocols import Scored
from tenuto.churn.survival import Model

_NAME = Model.name()


def outlooks(scored: Scored) -> pd.DataFrame:
    """The outlook of every listener scored, by ``user_id``; without rows where there is none.

    Columns ``user_id``, ``fold``, whose model said it, and those of `survival.Model.outlook`. None
    of these is calibrated: they are meant to be read beside each other. There is no outlook
    where the survival model was not asked for, or its label has no days.
    """
    models = [model for model in scored.models.get(_NAME, ()) if isinstance(model, Model)]
    if not models or not all(model.knows_times for model in models):
        return pd.DataFrame({"user_id": scored.test.user_id[:0]})
    fold = scored.of(_NAME)["fold"].to_numpy()
    parts = []
    for number, model in enumerate(models):
        rows = fold == number
        said = model.outlook(scored.test.X[rows])
        said.insert(0, "user_id", scored.test.user_id[rows])
        said.insert(1, "fold", number)
        parts.append(said)
    return pd.concat(parts).sort_values("user_id", ignore_index=True)
