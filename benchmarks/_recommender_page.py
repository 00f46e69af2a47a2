"""docs/recommender-benchmarks.md and its chart, written from the JSON that the benchmarks leave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _recommender_chart import drawn
from _recommender_words import COUNTS_WORDS, HEAD, LISTENING_WORDS, SPEED_WORDS


def write_page(found: dict[str, Any], page: Path) -> None:
    """The page of all parts in ``found``, and the chart beside it."""
    page.parent.mkdir(parents=True, exist_ok=True)
    parts = [HEAD]
    if "hetrec" in found:
        chart = page.with_suffix(".svg")
        drawn(found["hetrec"]["rows"]).save(chart)
        parts += _counts("hetrec", found["hetrec"], chart.name)
    if "movielens" in found:
        parts += _counts("movielens", found["movielens"])
    for name in LISTENING_WORDS:
        if name in found:
            parts += _listening(name, found[name])
    for name, words in SPEED_WORDS.items():
        if name in found:
            parts += _speed(words, found[name])
    page.write_text("\n".join(parts).rstrip() + "\n", "utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [list(head), ["---"] * len(head), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


# Sets without time.


def _counts(name: str, part: dict[str, Any], chart: str | None = None) -> list[str]:
    words = COUNTS_WORDS[name]
    rows, figures = part["rows"], list(part["rows"][0]["figures"])
    main = words["main"]
    head = ["row", *figures, "95 % interval", "coverage@10", "top 1 %", "novelty", "seconds"]
    body = [_counts_row(row, figures, main) for row in rows]
    made = [words["heading"], "", words["text"].format(**part["facts"]), "", table(head, body)]
    if chart is not None:
        made += [f"![Accuracy and breadth of every row]({chart})", ""]
    if part["gaps"]:
        made += [words["gaps"], "", _gaps(part["gaps"], [main]), ""]
    if part["n_splits"] > 1:
        made += [words["splits"], "", _splits(part["splits"], figures), ""]
    settings = [[row["row"], f"`{json.dumps(row['settings'], sort_keys=True)}`"] for row in rows]
    made += [words["settings"], "", table(["row", "settings"], settings), _where(part), ""]
    return made


def _counts_row(row: dict[str, Any], figures: Sequence[str], main: str) -> list[str]:
    breadth = row["breadth"]
    return [
        row["row"],
        *(f"{row['figures'][figure]['value']:.4f}" for figure in figures),
        f"{row['figures'][main]['low']:.3f} to {row['figures'][main]['high']:.3f}",
        f"{breadth['coverage']:.3f}",
        f"{breadth['popularity_share']:.2f}",
        f"{breadth['novelty']:.1f}",
        _seconds(row["seconds"]),
    ]


def _seconds(seconds: dict[str, float]) -> str:
    if not seconds:
        return ""
    searched = f" (search {seconds['search_s']:.0f})" if seconds["search_s"] else ""
    return f"{seconds['fit_s'] + seconds['lists_s']:.1f}{searched}"


def _splits(splits: dict[str, Any], figures: Sequence[str]) -> str:
    body = [
        [said, *(f"{row[figure]['mean']:.4f} ± {row[figure]['sd']:.4f}" for figure in figures)]
        for said, row in splits.items()
    ]
    return table(["row", *figures], body)


def _gaps(gaps: Sequence[dict[str, Any]], figures: Sequence[str]) -> str:
    body = [
        [f"{gap['row']} minus {gap['minus']}", *(_gap(gap["figures"][name]) for name in figures)]
        for gap in gaps
    ]
    return table(["paired difference", *figures], body)


def _gap(gap: dict[str, float]) -> str:
    said = f"{gap['value']:+.4f} [{gap['low']:+.4f}, {gap['high']:+.4f}]"
    return f"**{said}**" if gap["low"] > 0 else said


# Real listening.


def _listening(name: str, part: dict[str, Any]) -> list[str]:
    facts = part["facts"]
    made = [LISTENING_WORDS[name]["heading"], "", LISTENING_WORDS[name]["text"].format(**facts), ""]
    for target, found in part["targets"].items():
        n_judged, n_asked = facts["n_judged"][target], facts["n_asked"][target]
        made += [f"### {target.capitalize()}: {n_asked:,} pairs of {n_judged:,} listeners", ""]
        figures = list(found["rows"][0]["figures"])
        head = ["row", *figures, "interval of NDCG@100", "coverage@10", "repeats in 10"]
        made.append(table(head, [_heard_row(row, figures) for row in found["rows"]]))
        if found["gaps"]:
            made.append(_gaps(found["gaps"], ["ndcg@10", "ndcg@50", "ndcg@100"]))
    return [*made, _where(part), ""]


def _heard_row(row: dict[str, Any], figures: Sequence[str]) -> list[str]:
    interval, breadth = row["figures"]["ndcg@100"], row["breadth"]
    return [
        row["row"],
        *(f"{row['figures'][figure]['value']:.4f}" for figure in figures),
        f"{interval['low']:.3f} to {interval['high']:.3f}",
        f"{breadth['coverage']:.3f}" if breadth else "",
        f"{breadth['repeat_share']:.2f}" if breadth else "",
    ]


# Speed.


def _speed(words: dict[str, str], part: dict[str, Any]) -> list[str]:
    body = [
        [row["row"], *(_number(row.get(column)) for column in part["columns"])]
        for row in part["rows"]
    ]
    made = [words["heading"], "", f"```console\n$ {words['command']}\n```", ""]
    made += [words["text"].format(**part["facts"]), "", table(["row", *part["columns"]], body)]
    return [*made, _where(part), ""]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _where(part: dict[str, Any]) -> str:
    machine = part["machine"]
    versions = machine["versions"]
    return (
        f"{machine['system']} on {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gb']} GB; load {machine['load_1_min']} when it ended; "
        f"Tenuto {versions.get('tenuto')}, Python {versions.get('python')}."
    )
