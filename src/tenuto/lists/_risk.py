"""How likely each listener is to leave, for lists that lean to what they know."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from tenuto.labels import is_good_news
from tenuto.record import read_json


def risk_of_leaving(churn: Path) -> pd.Series:
    """Share of listeners who are less likely to leave, 0 to 1, by user_id.

    ``churn`` is the folder of a run's churn step; empty where there are no scores in it, or they
    are of something good, such as an upgrade.
    """
    file = churn / "churn_scores.parquet"
    if not file.exists() or is_good_news(str(read_json(churn / "summary.json")["label"])):
        return pd.Series(dtype=float)
    scores = pd.read_parquet(file, columns=["user_id", "probability"]).set_index("user_id")
    return (scores["probability"].rank(method="min") - 1) / max(len(scores) - 1, 1)


def digest_of_risk(risk: pd.Series) -> str:
    """SHA-256 of who has which risk."""
    hashed = pd.util.hash_pandas_object(risk, index=True).to_numpy()
    return hashlib.sha256(hashed.tobytes()).hexdigest()
