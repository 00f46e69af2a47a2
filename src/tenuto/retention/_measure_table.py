"""A campaign that was run elsewhere, as a table: a row per listener, one column says the group."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tenuto.churn._table import (
    RawTable,
    encode,
    find_id,
    known_column,
    learned_encoding,
    read_labels,
    read_table,
)
from tenuto.errors import SourceError
from tenuto.retention._measure_effect import HOLDOUT, TREAT

_TREATED = ("treat", "treated", "treatment", "contacted", "test", "1", "1.0", "true", "yes", "y")
_HELD_OUT = ("holdout", "hold-out", "hold_out", "control", "0", "0.0", "false", "no", "n")
_STRATA = 10


@dataclass(frozen=True)
class CampaignTable:
    """The columns of a table of a campaign.

    score : a chance of leaving known before, 0 to 1; drop : columns known only afterwards
    value, contact_cost, offer_cost : in money, per listener; None if there is no value
    """

    group: str
    outcome: str
    score: str | None = None
    id_column: str | None = None
    drop: tuple[str, ...] = ()
    value: float | None = None
    contact_cost: float = 0.0
    offer_cost: float = 0.0


def read_campaign(
    file: Path | str, asked: CampaignTable
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The table and the features for `measure`, by id; rows without an outcome are left out.

    Raises
    ------
    SourceError : if the file or a column is not there, or a cell cannot be read
    """
    raw = read_table(file)
    id_column = find_id(raw, asked.id_column)
    known = read_labels(raw, id_column, asked.outcome)
    assert known.y is not None
    table = pd.DataFrame({"user_id": known.user_id, "group": _groups(raw, asked.group)})
    table["y"] = known.y
    if asked.score is not None:
        table["probability"] = _score(raw, asked.score)
        # Without strata of its own: tenths of the score, which were mixed anyhow.
        places = table["probability"].rank(method="first") - 1
        table["stratum"] = (places * _STRATA // len(table)).astype(int)
    if asked.value is not None:
        table = table.assign(
            value=asked.value, contact_cost=asked.contact_cost, offer_cost=asked.offer_cost
        )
    features = _features(raw, asked, id_column)
    has_outcome = ~np.isnan(known.y)
    order = table[has_outcome].sort_values("user_id").index
    table = table.loc[order].astype({"y": "int64"}).reset_index(drop=True)
    return table, None if features is None else features.loc[order].reset_index(drop=True)


def _groups(raw: RawTable, column: str) -> np.ndarray:
    words = raw.cells[known_column(raw, column)].str.strip().str.lower()
    is_treated, is_held_out = words.isin(_TREATED), words.isin(_HELD_OUT)
    odd = ~(is_treated | is_held_out)
    if odd.any():
        row = int(np.argmax(odd.to_numpy()))
        raise SourceError(
            f"{raw.place(row, column)}: '{raw.cells[column].iloc[row]}' is no group",
            mend="write treat or holdout (or treatment and control, or 1 and 0)",
        )
    return np.where(is_treated, TREAT, HOLDOUT)


def _score(raw: RawTable, column: str) -> np.ndarray:
    cells = raw.cells[known_column(raw, column)]
    score = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64)
    odd = ~((score >= 0) & (score <= 1))
    if odd.any():
        row = int(np.argmax(odd))
        raise SourceError(
            f"{raw.place(row, column)}: '{cells.iloc[row]}' is no chance between 0 and 1",
            mend="give the chance of leaving as it was before the campaign",
        )
    return score


def _features(raw: RawTable, asked: CampaignTable, id_column: str) -> pd.DataFrame | None:
    """Every other column that can be read as numbers or a few words; None if there is none."""
    asked_for = (id_column, asked.group, asked.outcome, asked.score, *asked.drop)
    leave = [known_column(raw, name) for name in asked_for if name is not None]
    features = encode(raw, learned_encoding(raw, leave))
    return None if features.shape[1] == 0 else features
