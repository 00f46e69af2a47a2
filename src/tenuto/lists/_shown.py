"""What the lists of earlier runs showed to whom, for re-rankings that remember."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.reranking import not_again

#: Re-rankings that need it.
NEEDED_BY = frozenset({"not_again", "exploration"})
#: How far back is looked at least, in days. Arbitrary: a month of daily lists.
REACH_DAYS = 30


def days_remembered(settings: Mapping[str, Mapping[str, Any]]) -> float:
    """How far back the re-rankings of the settings look, in days; 0 where none does."""
    if not NEEDED_BY & {_plain(name) for name in settings}:
        return 0
    return max(REACH_DAYS, days_without(settings))


def days_without(settings: Mapping[str, Mapping[str, Any]]) -> float:
    """For how many days nothing is shown again; 0 where it may be on the next one."""
    asked = [chosen for name, chosen in settings.items() if _plain(name) == "not_again"]
    return max((chosen.get("days", not_again.DAYS) for chosen in asked), default=0)


def shown_before(runs: Path, cutoff: date, days: float = REACH_DAYS) -> pd.DataFrame:
    """``user_id``, ``item_id``, ``days_ago`` of every Discover list of the last ``days`` days.

    ``runs`` is the folder of runs. A song that was shown on many days is there once for each.
    """
    parts = [pd.DataFrame(columns=["user_id", "item_id", "days_ago"])]
    for file in sorted(runs.glob("????-??-??/recommend/recommendations.parquet"), reverse=True):
        days_ago = (cutoff - date.fromisoformat(file.parents[1].name)).days
        if 1 <= days_ago <= days:
            rows = pd.read_parquet(
                file, columns=["user_id", "item_id"], filters=[("list", "==", "discover")]
            )
            parts.append(rows.assign(days_ago=days_ago))
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)


def _plain(name: str) -> str:
    """A dash may stand for an underscore, as everywhere in a catalogue."""
    return name.replace("-", "_")
