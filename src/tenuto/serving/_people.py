"""What a run knows of each listener, as one card each."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from tenuto.actions import CATALOGUE as ACTIONS
from tenuto.lists._risk import risk_of_leaving
from tenuto.reasons import CATALOGUE as REASONS
from tenuto.serving._run import Run
from tenuto.serving._telling import telling

LEAVE_ALONE = "leave_alone"


def people(run: Run, users: pd.Index, device: pd.Series) -> pd.DataFrame:
    """One row per listener of ``users``, in their order, with what the call list and scores say.

    ``device`` and ``risk`` (of lists: 0 to 1) are as the lists of the run had them. Whoever is
    not to be contacted has no place and the action "leave_alone": those held out by chance look
    like those left alone by choice, also in what they are expected to bring.
    """
    scores = _by_user(run.table("churn/churn_scores.parquet"), users)
    called = _by_user(run.table("retention/call_list.parquet"), users)
    found = pd.DataFrame({"user_id": users.to_numpy(dtype=object)})
    for name in ("probability", "rank", "first_day", "last_day", "days_since_last_event"):
        found[name] = scores.get(name)
    found["percentile"] = _percentile(found["probability"])
    found["plan"] = _plan(scores.get("is_paid"))
    found["is_active"] = scores.get("is_active_14d")
    found["device"] = device.reindex(users).to_numpy(dtype=object)
    found["risk"] = risk_of_leaving(run.folder / "churn").reindex(users).to_numpy()
    for name in ("band", "value", "reason_1_text"):
        found[name] = called.get(name)
    is_called = called.get("contacted", pd.Series(False, index=found.index)).fillna(False)
    found["in_campaign"] = is_called.astype(bool)
    found["place"] = _places(called, found["in_campaign"])
    found["action"] = _action(called, found["in_campaign"])
    brings = called.get("expected_value", pd.Series(float("nan"), index=found.index))
    nothing = pd.Series(0.0, index=found.index).where(brings.notna())
    found["expected_value"] = brings.where(found["in_campaign"], nothing)
    found["songs"] = pd.Series(_songs(called), index=found.index, dtype=object)
    return found


def cards(people: pd.DataFrame, run: Run) -> Iterator[dict[str, Any]]:
    """The same as plain values, with reasons: what is kept of each listener."""
    told, note = _reasons(run)
    names = [name for name in people.columns if name != "reason_1_text"]
    for row in people[names].to_dict("records"):
        card = {str(name): plain(value) for name, value in row.items()}
        card["reasons"] = told.get(card["user_id"], [])
        yield card | {"reasons_note": None if card["reasons"] else note}


def words_of_actions() -> dict[str, str]:
    """Action -> in words."""
    return {name: str(member.LABEL) for name, member in ACTIONS.all().items()}


def words_of_reasons() -> dict[str, str]:
    """Reason -> in words."""
    return {name: str(member.LABEL) for name, member in REASONS.all().items()}


def plain(value: Any) -> Any:
    """As JSON has it; None for whatever is missing."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    return value


def _by_user(table: pd.DataFrame, users: pd.Index) -> pd.DataFrame:
    if table.empty:
        return pd.DataFrame(index=range(len(users)))
    row = pd.Index(table["user_id"]).get_indexer(users)
    found = table.drop(columns="user_id").astype(object).take(row.clip(0))
    found = found.set_axis(range(len(users)))
    return found.where(pd.Series(row >= 0), None)


def _percentile(probability: pd.Series) -> pd.Series:
    known = probability.astype(float)
    return (known.rank(method="min") - 1) / max(int(known.notna().sum()) - 1, 1)


def _plan(is_paid: pd.Series | None) -> pd.Series | None:
    if is_paid is None:
        return None
    known = is_paid.astype(float)
    words = pd.Series(None, index=known.index, dtype=object)
    return words.mask(known > 0, "paid").mask(known == 0, "free")


def _places(called: pd.DataFrame, is_called: pd.Series) -> pd.Series:
    """1, 2, 3 … among those to contact: a gap would tell that somebody is held out."""
    rank = called.get("rank", pd.Series(float("nan"), index=is_called.index)).astype(float)
    return rank.where(is_called).rank(method="first")


def _action(called: pd.DataFrame, is_called: pd.Series) -> pd.Series:
    action = called.get("action", pd.Series(None, index=is_called.index, dtype=object))
    return action.where(is_called | action.isna(), LEAVE_ALONE)


def _songs(called: pd.DataFrame) -> list[list[list[Any]]]:
    names = sorted(map(str, called))
    ids = [name for name in names if name.removeprefix("song_").isdecimal()]
    columns = [(called[name].tolist(), called[f"{name}_title"].tolist()) for name in ids]
    return [
        [
            [plain(songs[row]), str(titles[row])]
            for songs, titles in columns
            if plain(songs[row]) is not None
        ]
        for row in range(len(called))
    ]


def _reasons(run: Run) -> tuple[dict[Any, list[list[Any]]], str | None]:
    """Listener -> their reasons, and why somebody has none.

    A reason is code, sentence, contribution, whether it raises, and, where there is one, a column
    with the listener's number and the usual one.
    """
    numbers = telling(run.table("churn/features.parquet"), run.table("churn/churn_scores.parquet"))
    for folder in ("reasons", "retention/reasons"):
        table = run.table(f"{folder}/reasons.parquet")
        if table.empty:
            continue
        found: dict[Any, list[list[Any]]] = {}
        columns = ["user_id", "reason", "sentence", "contribution", "raises"]
        ordered = table.sort_values(["user_id", "rank"], kind="stable")[columns]
        for user, *reason in zip(*(ordered[name].tolist() for name in columns), strict=True):
            more = numbers.get((user, reason[0]), ())
            found.setdefault(user, []).append([*reason, *more])
        note = run.said(f"{folder}/summary.json").get("note")
        return found, note or f"not among the {len(found):,} listeners that were explained"
    return {}, run.said("retention/reasons/summary.json").get("note") or None


def as_text(value: Any) -> str:
    """JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
