"""The model behind the call list on a card: what it is, what it was made of, where it ends."""

from __future__ import annotations

from typing import Any

from tenuto.reports._monitored import monitored_json
from tenuto.reports._parts import Column, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._words import count, listing, spoken, text

TITLE = "Model card"
ORDER = 96
STEP = "monitoring"

_DIGITS = 16


def section(results: Results) -> list[Part]:
    """One table; the whole card, with figures and slices, is a file beside the report."""
    card = monitored_json(results, f"model_cards/{results.model}") if results.has_model else {}
    if not card:
        return []
    rows = [[name, said] for name, said in _lines(results, card)]
    note = (
        f"The whole card, with every figure, slice and feature, is "
        f"monitoring/model_cards/{card['model']}.md in the folder of the run, one for each model."
    )
    return [
        Table(
            f"The model behind the call list: {spoken(card['model'])}",
            [Column("What"), Column("In short", wraps=True)],
            rows,
            note,
        )
    ]


def _lines(results: Results, card: dict[str, Any]) -> list[tuple[str, str]]:
    data, features, calibration = card["data"], card["features"], card["calibration"]
    label = results.label
    return [
        ("what it is", text(card["what"])),
        ("what it foretells", f"{label.words}; {label.span} ahead"),
        ("trained at", listing(str(day) for day in data["trained_at"])),
        ("tested at", f"{text(data['tested_at'])}, {data['protocol']}"),
        ("features", _features(features)),
        ("calibrator", _calibrator(calibration)),
        ("guards", _guards(card["guards"])),
        ("limits", " ".join(card["limits"])),
        ("digest", str(card["digest"])[:_DIGITS]),
    ]


def _features(features: dict[str, Any]) -> str:
    used, left_out = len(features["used"]), len(features["left_out"])
    return f"{count(used)} used; {count(left_out)} known and left out"


def _calibrator(calibration: dict[str, Any]) -> str:
    kind, learned_at = calibration.get("kind"), calibration.get("learned_at")
    if not kind:
        return text(None)
    return f"{kind}, learned at {learned_at}" if learned_at else str(kind)


def _guards(guards: list[dict[str, Any]]) -> str:
    passed = [str(row.get("guard")) for row in guards if row.get("passed")]
    return f"{count(len(passed))} passed: {listing(passed)}" if passed else text(None)
