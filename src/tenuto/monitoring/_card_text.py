"""A model card as Markdown, for people who will not open JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

_POPULATIONS = {
    "active_14d": "active in the last 14 days (headline)",
    "active_7d": "active in the last 7 days",
    "all": "everybody seen before the cutoff",
}
_UNKNOWN = "–"
_VALUE = ("value", "low", "high")


def card_text(card: dict[str, Any]) -> str:
    """The whole card; sections that have nothing to say are left out."""
    sections = [
        ("", _head(card)),
        ("What it foretells", _foretells(card)),
        ("Data", _data(card["data"])),
        ("How good it is", _figures(card["figures"])),
        ("Calibration", _calibration(card["calibration"])),
        ("Slices", _slices(card["slices"])),
        ("What it leans on", _leans_on(card["leans_on"])),
        ("Features", _features(card["features"])),
        ("Guards", _guards(card["guards"])),
        ("Limits", "\n".join(f"- {limit}" for limit in card["limits"])),
        ("Versions", _table(["package", "version"], sorted(card["versions"].items()))),
    ]
    title = f"# Model card: {card['model']}\n"
    parts = [f"## {name}\n\n{text}\n" if name else f"{text}\n" for name, text in sections if text]
    return "\n".join([title, *parts])


def _head(card: dict[str, Any]) -> str:
    role = "the model behind the call list" if card["is_behind_the_call_list"] else "a model beside"
    settings = ", ".join(f"{name} = {value}" for name, value in sorted(card["settings"].items()))
    scores = f"\n- digest of the models by fold that made the scores: `{card['scores_digest']}`"
    return (
        f"{card['what']}\n\n- role: {role}\n- digest: `{card['digest']}`"
        f"{scores if card['scores_digest'] else ''}\n"
        f"- settings: {settings or 'defaults'}\n- sampling: {card['sampling'].get('name', 'none')}"
    )


def _foretells(card: dict[str, Any]) -> str:
    told = card["foretells"]
    within = f" (horizon: {told['horizon_days']} days)"
    if told["bins"]:
        within = f" (bins of {told['bin_days']} days on each user's own clock)"
    return f"`{told['label']}`: {told['in_words']}{within}."


def _data(data: dict[str, Any]) -> str:
    return "\n".join(
        [
            f"- source: {data['source']}",
            f"- made for the list of {data['cutoff']}; trained at {_listed(data['trained_at'])}",
            f"- tested at {_text(data['tested_at'])}, after training at "
            f"{_listed(data['trained_for_the_test_at'])}: {data['protocol']}, "
            f"{data['folds']} folds of users",
            f"- features look back {data['window_days']} days at most, or at all there is",
            "",
            _table(
                ["cutoff", "step", "users", "rate"],
                [
                    [row["cutoff"], row["step"], row["n_users"], _number(row["churn_rate"])]
                    for row in data["listeners"]
                ],
            ),
        ]
    )


def _figures(figures: list[dict[str, Any]]) -> str:
    rows = [
        [
            _POPULATIONS.get(row["population"], row["population"]),
            row["metric"],
            # The bootstrap interval of an ECE lies above it.
            _number(row["value"]) if row["metric"] == "ece" else _interval(row, *_VALUE),
            _number(row["base_rate"]),
            row["n_rows"],
        ]
        for row in figures
    ]
    return _table(["population", "metric", "value [95 %]", "base rate", "listeners"], rows)


def _calibration(calibration: dict[str, Any]) -> str:
    if not calibration or calibration["kind"] is None:
        return ""
    when = calibration["learned_at"]
    learned = f", learned at {when} of other users" if when else ": no earlier closed cutoff"
    said = f"Chosen: {calibration['kind']}{learned}."
    tried = calibration["tried"]
    names = [name for name in ("name", "log_loss", "ece", "slope") if tried and name in tried[0]]
    if not names:
        return said
    rows = [[_number(row[name]) for name in names] for row in tried]
    return f"{said}\n\n{_table(names, rows)}"


def _slices(slices: list[dict[str, Any]]) -> str:
    rows = [
        [
            row["slice"],
            row["value"],
            row["n"],
            _interval(row, "base_rate", "base_rate_low", "base_rate_high"),
            _number(row["mean_score"]),
            _interval(row, "calibration_gap", "calibration_gap_low", "calibration_gap_high"),
            _interval(row, "auc", "auc_low", "auc_high"),
            row["verdict"],
        ]
        for row in slices
    ]
    names = [
        "slice",
        "value",
        "listeners",
        "base rate",
        "mean probability",
        "gap",
        "AUC",
        "verdict",
    ]
    return _table(names, rows)


def _leans_on(families: list[dict[str, Any]]) -> str:
    rows = [[row["group"], _interval(row, "mean_drop", "low", "high")] for row in families]
    return _table(["family", "AUC lost without it [95 %]"], rows)


def _features(features: dict[str, Any]) -> str:
    used, left_out = features["used"], features["left_out"]
    said = f"{len(used)} used: {', '.join(f'`{name}`' for name in used)}."
    if left_out:
        said += f"\n\n{len(left_out)} known and left out: "
        said += f"{', '.join(f'`{name}`' for name in left_out)}."
    return said


def _guards(guards: list[dict[str, Any]]) -> str:
    rows = [[row.get("guard"), row.get("passed"), row.get("said")] for row in guards]
    return _table(["guard", "passed", "looked at"], rows)


def _table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    body = [[_cell(value) for value in row] for row in rows]
    if not body:
        return ""
    lines = [names, ["---"] * len(names), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    return _text(value).replace("|", "\\|").replace("\n", " ")


def _interval(row: dict[str, Any], value: str, low: str, high: str) -> str:
    if row.get(low) is None or row.get(value) is None:
        return _number(row.get(value))
    return f"{_number(row[value])} [{_number(row[low])}, {_number(row[high])}]"


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _UNKNOWN if value is None else str(value)


def _listed(days: Sequence[str]) -> str:
    return ", ".join(days) or _UNKNOWN
