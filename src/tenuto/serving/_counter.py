"""The desk of a run as files, without its listeners: what makes one more list after the run.

desk.json           settings, and what else is a number
models/NAME/        the recommenders, of which no listener can be served by name
histories/*.npy     what each listener had done; row r is from start[r] to start[r + 1]
charts/*.npy        listeners per item: of everybody first, then device by device
items/*.npy         artist, and the places of the items' listeners (vectors_*)
prior_*.npy         what suits a device, or an hour, per item
shown.parquet       what earlier lists showed, where the re-ranking asks for it
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.errors import ContractError
from tenuto.lists._curves import Curves
from tenuto.lists._desk import Desk
from tenuto.lists._popular import Popular
from tenuto.lists._reasons import Named
from tenuto.lists._reranked import Reranker
from tenuto.recommenders._context import ContextPrior
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._histories import ENTRY_COLUMNS, Histories
from tenuto.recommenders._interactions import ITEM_SUMS, Interactions
from tenuto.record import read_json, write_json

#: Made of facts of all histories, which it reads when it is loaded.
_KEEPS_HISTORIES = frozenset({"ranker"})


@dataclass(frozen=True)
class Counter:
    """A desk that knows nobody by name, and the histories of those whom the run knew.

    usual_preference : the middle of all preferences above 0: what a word counts as
    hours : what suits each part of the day; None where the log has no clock
    k : how long the lists of the run are
    """

    desk: Desk
    histories: Histories
    usual_preference: float
    hours: ContextPrior | None
    k: int
    names: Named

    @property
    def item_ids(self) -> pd.Index:
        return self.desk.interactions.item_ids


def write_counter(
    desk: Desk,
    histories: Histories,
    folder: Path,
    *,
    k: int,
    hours: ContextPrior | None = None,
) -> None:
    """Write what `read_counter` reads.

    Parameters
    ----------
    desk : of the run, with the reranker's settings and everybody's histories
    histories : one row per listener in the order of the answers
    """
    for name, model in desk.models().items():
        stripped(model).save(folder / "models" / name)
    save_arrays(folder / "histories", {"start": histories.start})
    save_arrays(folder / "histories", {name: getattr(histories, name) for name in ENTRY_COLUMNS})
    save_arrays(
        folder / "charts", {str(n): of[1] for n, of in enumerate(desk.chart.orders.values())}
    )
    vectors = desk.reranker._vectors()
    parts = {f"vectors_{name}": getattr(vectors, name) for name in ("indptr", "indices", "data")}
    save_arrays(folder / "items", {"artist": desk.reranker.artist} | parts)
    priors = {"device": desk.reranker.prior, "hours": hours}
    for name, prior in priors.items():
        if prior is not None:
            save_arrays(folder, {f"prior_{name}": prior.log2_lift})
    if len(desk.reranker.shown):
        table = pa.Table.from_pandas(desk.reranker.shown, preserve_index=False)
        pq.write_table(table, folder / "shown.parquet")
    write_json(folder / "desk.json", _said(desk, k, priors))


def _said(desk: Desk, k: int, priors: Mapping[str, ContextPrior | None]) -> dict[str, Any]:
    liked = desk.model._known().preference
    liked = liked[liked > 0]
    return {
        "k": k,
        "usual_preference": float(np.median(liked)) if len(liked) else 1.0,
        "window_days": desk.interactions.window_days,
        "n_vectors": desk.reranker._vectors().shape[1],
        "charts": list(desk.chart.orders),
        "model": desk.model.name(),
        "near": desk.near_model.name(),
        "own": desk.replay.name(),
        "min_items": desk.min_items,
        "repeat_share": desk.repeat_share,
        "lean": desk.lean,
        "mix_share": desk.mix_share,
        "reranking": {name: dict(value) for name, value in desk.reranker.settings.items()},
        "curves": desk.curves.to_dict(),
        "priors": {
            name: {
                "contexts": list(prior.contexts),
                "shrinkage": prior.shrinkage,
                "strength": prior.strength,
            }
            for name, prior in priors.items()
            if prior is not None
        },
    }


def read_counter(folder: Path, names: Named) -> Counter:
    """What `write_counter` wrote; arrays stay on the disk until they are looked at.

    Raises
    ------
    ContractError : if a file is missing or was changed
    """
    try:
        said = read_json(folder / "desk.json")
        models = {
            name: Recommender.load(folder / "models" / name)
            for name in dict.fromkeys([said["model"], said["near"], said["own"]])
        }
        priors = {name: _prior(folder, name, of) for name, of in said["priors"].items()}
        desk = _desk(folder, said, models, priors.get("device"))
        histories = read_histories(folder)
    except (OSError, KeyError, ValueError, TypeError) as problem:
        raise ContractError(f"{folder} is not whole: {problem}", mend="publish again") from problem
    return Counter(desk, histories, said["usual_preference"], priors.get("hours"), said["k"], names)


def _desk(
    folder: Path, said: dict[str, Any], models: dict[str, Recommender], prior: ContextPrior | None
) -> Desk:
    for model in models.values():
        # As Python has them, once and for all, not anew for every list.
        model.item_ids = pd.Index(model.item_ids.to_numpy(dtype=object), dtype=object)
    model = models[said["model"]]
    interactions = _of_nobody(model, said["window_days"])
    return Desk(
        interactions,
        model,
        models[said["near"]],
        models[said["own"]],
        _Chart({name: _load(folder / "charts", str(n)) for n, name in enumerate(said["charts"])}),
        said["min_items"],
        _reranker(folder, said, interactions, prior),
        Curves.of_dict(said["curves"]),
        said["repeat_share"],
        pd.Series(dtype=object),
        pd.Series(dtype=float),
        said["lean"],
        said["mix_share"],
    )


class _Chart(Popular):
    """What is popular, from counts that were kept."""

    def __init__(self, listeners: dict[str, NDArray[np.int64]]):
        overall = next(iter(listeners.values()))
        # An order as `Popular` has it: by listeners here, then by listeners at all, then by item.
        self.orders = {name: (_order(here, overall), here) for name, here in listeners.items()}


def _order(here: NDArray[np.int64], overall: NDArray[np.int64]) -> NDArray[np.int64]:
    order = np.lexsort((np.arange(len(here)), -overall, -here))
    return order[overall[order] > 0]


def _reranker(
    folder: Path, said: dict[str, Any], interactions: Interactions, prior: ContextPrior | None
) -> Reranker:
    file = folder / "shown.parquet"
    shown = pd.read_parquet(file) if file.exists() else None
    made = Reranker(interactions, said["reranking"], None, shown, prior)
    made.popularity = _load(folder / "charts", "0").astype(np.float64)
    made.artist = _load(folder / "items", "artist")
    parts = tuple(
        _load(folder / "items", f"vectors_{name}") for name in ("data", "indices", "indptr")
    )
    made.vectors = csr_array(parts, shape=(len(interactions.item_ids), said["n_vectors"]))
    return made


def _of_nobody(model: Recommender, window_days: int) -> Interactions:
    """The items of a model, and none of its listeners."""
    assert model.cutoff is not None
    n_items = len(model.item_ids)
    return Interactions(
        model.cutoff,
        window_days,
        model.preference,
        pd.Index([], dtype=object),
        model.item_ids,
        nobody(n_items),
        pd.DataFrame({name: np.zeros(n_items, dtype=np.int64) for name in ITEM_SUMS}),
    )


def nobody(n_items: int) -> Histories:
    """Histories without a row."""
    nothing = np.empty(0)
    return Histories.of_pairs(nothing, nothing, nothing, nothing, n_rows=0, n_items=n_items)


def stripped(model: Recommender) -> Recommender:
    """The same without its listeners, where it does not learn from them on being loaded."""
    if model.name() in _KEEPS_HISTORIES:
        return model
    other = copy(model)
    other.user_ids = model.user_ids[:0]
    other.histories = nobody(len(model.item_ids))
    return other


def read_histories(folder: Path) -> Histories:
    """Of those whom the run knew, in the order of the answers; ``folder`` as for `read_counter`."""
    n_items = len(_load(folder / "items", "artist"))
    columns = {name: _load(folder / "histories", name) for name in ENTRY_COLUMNS}
    return Histories(_load(folder / "histories", "start"), **columns, n_items=n_items)


def _prior(folder: Path, name: str, said: dict[str, Any]) -> ContextPrior:
    lift = _load(folder, f"prior_{name}")
    return ContextPrior(tuple(said["contexts"]), lift, said["shrinkage"], said["strength"])


def save_arrays(folder: Path, arrays: Mapping[str, NDArray]) -> None:
    """A file for each of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)


def _load(folder: Path, name: str) -> NDArray:
    # Mapped, not read: several processes share one copy, and most rows are never looked at.
    found: NDArray = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    return found
