"""Every recommender of our own on public sets: the tables of docs/recommender-benchmarks.md.

    python benchmarks/recommenders.py --data ../shared/data
    python benchmarks/recommenders.py --only hetrec --rows ease ials --splits 1

A part that is run takes the place of its earlier results; others stay as they are.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _counts_part import Counts, measured
from _listening_part import LISTENING, heard_next
from _public_sets import DATA, SEEDS, by_item, by_user, hetrec, movielens
from _recommender_page import write_page
from _recommender_rows import COUNTS, N_TRIALS, RATINGS
from _timing import machine

RESULTS = Path("benchmarks/recommenders.json")
PAGE = Path("docs/recommender-benchmarks.md")


def main(arguments: list[str] | None = None) -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--rows", nargs="+", default=[], help="members or names of rows")
    parser.add_argument("--splits", type=int, default=len(SEEDS), help="of sets without time")
    parser.add_argument("--trials", type=int, default=N_TRIALS, help="settings tried per member")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    known = json.loads(asked.out.read_text("utf-8")) if asked.out.exists() else {}
    for part in asked.only:
        known[part] = PARTS[part](asked) | {"machine": machine()}
        asked.out.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")
    write_page(known, asked.page)
    print(f"{asked.out} and {asked.page} written")


def _hetrec(asked: argparse.Namespace) -> dict[str, Any]:
    figures = ("recall@10", "recall@20", "ndcg@10", "ndcg@100")
    seeds = SEEDS[: asked.splits]
    counts = Counts(hetrec(asked.data), "weight", by_user, figures, COUNTS, seeds, True)
    return measured(counts, asked.rows, asked.trials)


def _movielens(asked: argparse.Namespace) -> dict[str, Any]:
    figures = ("ndcg@10", "recall@10", "precision@10")
    seeds = SEEDS[: asked.splits]
    counts = Counts(movielens(asked.data), None, by_item, figures, RATINGS, seeds)
    return measured(counts, asked.rows, asked.trials)


def _listening(name: str) -> Callable[[argparse.Namespace], dict[str, Any]]:
    return lambda asked: heard_next(LISTENING[name](asked.data), asked.rows, asked.trials)


PARTS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "hetrec": _hetrec,
    "movielens": _movielens,
    **{name: _listening(name) for name in LISTENING},
}


if __name__ == "__main__":
    main()
