"""Seconds per iteration of ALS beside the fastest libraries, and exact lists for everybody.

    python benchmarks/als_speed.py
    python benchmarks/als_speed.py --only exact --listeners 600000

Nothing is read: users, items and factors are invented, with a seed. The solvers take turns, so that
whatever else the machine does falls on all of them alike.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _als_opponents import Fit, of_libraries, of_spark
from _recommender_page import write_page
from _timing import machine
from recommenders import PAGE, RESULTS
from scipy.sparse import csr_matrix

from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._factors import Factors
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import ITEM_SUMS, Interactions

#: Popularity falls with the rank to this power, as song plays do.
ZIPF = 0.9
SHORT, LONG = 2, 8


def main(arguments: list[str] | None = None) -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=["als", "exact"], default=["als", "exact"])
    parser.add_argument("--pairs", type=int, default=2_000_000)
    parser.add_argument("--users", type=int, default=60_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--listeners", type=int, default=600_000, help="of exact lists")
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--k", type=int, default=50)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--spark", action=argparse.BooleanOptionalAction, default=_has("pyspark"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    known = json.loads(asked.out.read_text("utf-8")) if asked.out.exists() else {}
    for part in asked.only:
        known[part] = {"als": solvers, "exact": exact_lists}[part](asked) | {"machine": machine()}
        asked.out.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")
    write_page(known, asked.page)
    print(f"{asked.out} and {asked.page} written")


# Solvers.


def solvers(asked: argparse.Namespace) -> dict[str, Any]:
    """Seconds per iteration of every solver, and how far it is from the fastest of others."""
    made = invented(asked.users, asked.items, asked.pairs)
    with of_spark(made, asked.factors, asked.threads, asked.spark) as spark:
        fits = {
            **_our_own(made, asked),
            **of_libraries(made, asked.factors, asked.threads),
            **spark,
        }
        runs: dict[str, list[float]] = {name: [] for name in fits}
        for turn in range(asked.repeats):
            # Every second turn backwards, so that nobody is always the one after the slowest.
            for name in list(fits)[:: 1 if turn % 2 == 0 else -1]:
                runs[name].append(_per_iteration(fits[name]))
                print(f"{name:32} {runs[name][-1]:.3f} s/iteration", file=sys.stderr, flush=True)
    fastest = min(statistics.median(runs[name]) for name in fits if not name.startswith("Tenuto"))
    rows = [
        {
            "row": name,
            "seconds, median": statistics.median(of),
            "seconds, least": min(of),
            "ratio to the fastest library": statistics.median(of) / fastest,
        }
        for name, of in runs.items()
    ]
    facts = {
        "n_pairs": int(made.nnz),
        "n_users": asked.users,
        "n_items": asked.items,
        "n_factors": asked.factors,
        "n_threads": asked.threads,
        "repeats": asked.repeats,
    }
    columns = ["seconds, median", "seconds, least", "ratio to the fastest library"]
    return {"facts": facts, "rows": rows, "columns": columns}


def invented(n_users: int, n_items: int, n_pairs: int, seed: int = 0) -> csr_matrix:
    """Different pairs of users and items, both drawn by Zipf's law; about ``n_pairs`` of them."""
    rng = np.random.default_rng(seed)
    user_chance = rng.permutation(_zipf(n_users, 0.5))
    item_chance = rng.permutation(_zipf(n_items, ZIPF))
    cells = np.empty(0, dtype=np.int64)
    while len(cells) < n_pairs:
        user = rng.choice(n_users, n_pairs, p=user_chance)
        item = rng.choice(n_items, n_pairs, p=item_chance)
        cells = np.unique(np.concatenate([cells, user.astype(np.int64) * n_items + item]))
    cells = np.sort(rng.choice(cells, n_pairs, replace=False))
    ones = np.ones(n_pairs, dtype=np.float32)
    return csr_matrix((ones, (cells // n_items, cells % n_items)), shape=(n_users, n_items))


def interactions_of_matrix(matrix: csr_matrix) -> Interactions:
    """A preference of 1 for every pair."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    n_users, n_items = matrix.shape
    ages = np.ones(matrix.nnz)
    histories = Histories.of_pairs(
        row, matrix.indices, matrix.data, ages, n_rows=n_users, n_items=n_items
    )
    sums = pd.DataFrame({name: np.zeros(n_items, dtype=np.int64) for name in ITEM_SUMS})
    ids = pd.RangeIndex(n_users), pd.RangeIndex(n_items)
    return Interactions(date(2017, 5, 1), 30, "invented", *ids, histories, sums)


def _our_own(matrix: csr_matrix, asked: argparse.Namespace) -> dict[str, Fit]:
    known = interactions_of_matrix(matrix)

    def fit(name: str) -> Fit:
        size = {"embedding_size": asked.factors, "n_threads": asked.threads}
        kind = CATALOGUE.get(name).Model
        return lambda epochs: kind(epochs=epochs, **size).fit(known)

    return {f"Tenuto {name}": fit(name) for name in ("als", "ials")}


def _per_iteration(fit: Fit) -> float:
    seconds = []
    for epochs in (SHORT, LONG):
        began = time.perf_counter()
        fit(epochs)
        seconds.append(time.perf_counter() - began)
    return (seconds[1] - seconds[0]) / (LONG - SHORT)


def _zipf(n: int, power: float) -> np.ndarray:
    chance = np.arange(1.0, n + 1) ** -power
    return chance / chance.sum()


# Exact lists.


class Invented(Factors):
    """Recommends by factors it is given; the histories name the listeners."""

    def __init__(self, users: np.ndarray, items: np.ndarray):
        super().__init__()
        self.users = users.astype(np.float64)
        self._take(items)

    def _fit(self, interactions: Interactions) -> None:
        return None

    def _user_factors(self, histories: Histories) -> np.ndarray:
        return self.users[histories.item]


def exact_lists(asked: argparse.Namespace) -> dict[str, Any]:
    """The best ``k`` of all items, for all listeners; opponents for some of them, scaled up."""
    rng = np.random.default_rng(0)
    n, items = asked.listeners, rng.normal(size=(asked.items, asked.factors)).astype(np.float32)
    users = rng.normal(size=(n, asked.factors)).astype(np.float32)
    some = users[: max(n // 50, 1)]
    rows = [_exact_row("numpy, matmul and argpartition", _numpy, some, items, asked.k, n)]
    if _has("faiss"):
        rows.append(_exact_row("faiss, flat", _faiss, some, items, asked.k, n))
    rows.append(_exact_row("implicit, topk", _implicit, users, items, asked.k, n))
    rows.append(_exact_row("Tenuto", _tenuto, users, items, asked.k, n))
    facts = {"n_users": n, "n_items": asked.items, "n_factors": asked.factors, "k": asked.k}
    return {"facts": facts, "rows": rows, "columns": ["seconds", "listeners timed", "peak GB"]}


def _exact_row(name: str, blocks, users, items, k: int, n: int) -> dict[str, Any]:
    began = time.perf_counter()
    for _ in blocks(users, items, k):
        pass
    seconds = (time.perf_counter() - began) * n / len(users)
    print(f"{name:32} {seconds:.1f} s", file=sys.stderr, flush=True)
    return {"row": name, "seconds": seconds, "listeners timed": len(users), "peak GB": peak_gb()}


def _tenuto(users: np.ndarray, items: np.ndarray, k: int) -> Iterable[Any]:
    model = Invented(users, items)
    for rows in np.array_split(np.arange(len(users)), max(len(users) // model.chunk_users, 1)):
        ages, n = np.ones(len(rows)), len(rows)
        nobody = np.arange(n + 1)
        histories = Histories(
            nobody.astype(np.int64),
            rows.astype(np.int32),
            ages.astype(np.float32),
            ages.astype(np.float32),
            ages.astype(np.float32),
            ages.astype(np.float32),
            np.zeros(n, dtype=np.int8),
            len(items),
        )
        yield model._rank(histories, k, False)


def _numpy(users: np.ndarray, items: np.ndarray, k: int) -> Iterable[Any]:
    for block in np.array_split(users, max(len(users) // 256, 1)):
        scores = block @ items.T
        best = np.argpartition(-scores, k, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1)
        yield np.take_along_axis(best, order, 1)


def _implicit(users: np.ndarray, items: np.ndarray, k: int) -> Iterable[Any]:
    from implicit.cpu.topk import topk

    for block in np.array_split(users, max(len(users) // 50_000, 1)):
        yield topk(items, block, k)


def _faiss(users: np.ndarray, items: np.ndarray, k: int) -> Iterable[Any]:
    import faiss

    index = faiss.IndexFlatIP(items.shape[1])
    index.add(items)
    for block in np.array_split(users, max(len(users) // 4_096, 1)):
        yield index.search(block, k)


def _has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def peak_gb() -> float:
    """The most memory that this process has held so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    main()
