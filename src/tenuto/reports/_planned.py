"""What a plan of retention saved of a run, and the words that several sections need for it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.record import read_json
from tenuto.reports._results import Results
from tenuto.reports._words import UNKNOWN, is_known, spoken


def plan(results: Results) -> dict[str, Any]:
    """The summary of the plan; empty where nothing was planned."""
    file = results.folder / "retention" / "summary.json"
    found = read_json(file) if file.exists() else {}
    return {} if found.get("skipped") else found


def profit_curves(results: Results) -> pd.DataFrame:
    """Profit over the list at the test; empty where there was none."""
    file = results.folder / "retention" / "profit.csv"
    return pd.read_csv(file) if plan(results) and file.stat().st_size > 2 else pd.DataFrame()


def contacted(results: Results, rows: int) -> pd.DataFrame:
    """The first ``rows`` to contact; those held out are not shown, lest somebody writes to them."""
    file = results.folder / "retention" / "call_list.parquet"
    # The rows are in order, so that no more than these need to be made into a table.
    table = pd.read_parquet(file, filters=[("contacted", "==", True)])
    return table.sort_values("rank", ignore_index=True).head(rows)


def action_label(found: dict[str, Any], action: str) -> str:
    """An action in words."""
    return str(found["prices"].get(action, {}).get("label") or spoken(action))


def money(value: Any, digits: int | None = None) -> str:
    """An amount of the service's own money: small ones with cents, unless said otherwise."""
    if not is_known(value):
        return UNKNOWN
    digits = (0 if abs(float(value)) >= 100 else 2) if digits is None else digits
    return f"{float(value):,.{digits}f}".replace("-", "−")


def money_between(value: Any, low: Any, high: Any) -> str:
    """An amount with its interval, all three to the digits of the largest."""
    digits = 0 if max(abs(float(one)) for one in (value, low, high)) >= 100 else 2
    shown = [money(one, digits) for one in (value, low, high)]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"
