"""Factors that were made elsewhere, as a recommender that serves, saves and explains.

They become a member that is there already: `als`, or `bpr` for implicit's BPR, or whichever made
a file of Tenuto's own. Histories come with them, since everybody is ranked from a history, and
what was heard is hidden by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tenuto.errors import ContractError
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._factors import Factors, table_of_factors
from tenuto.recommenders._fold_in import FoldedIn, spread_out
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._interchange_files import FactorFile
from tenuto.recommenders._interchange_pairs import interactions_with
from tenuto.recommenders._rectangles import NEVER, top_k

#: Listeners whose lists are compared with those of the given user factors.
_N_COMPARED = 200
_K_COMPARED = 10
#: Tried where nothing says how sure the maker was of a pair.
_RIDGES, _SLOPES, _WEIGHTINGS = (0.01, 1.0, 60.0), (1.0, 9.0, 40.0), ("binary", "log")


@dataclass(frozen=True)
class MovedIn:
    """A recommender made of given factors.

    agreement : of the first 10 new items by the given user factors, the share that is on the
        lists of ``recommender`` as well; None where nothing could be compared
    n_without_factors : items of the interactions that have none: they are never recommended
    how : where the factors came from, in a sentence
    """

    recommender: Factors
    agreement: float | None
    n_without_factors: int
    how: str


def moved_in(
    found: FactorFile, interactions: Interactions, *, item_ids: pd.Index | None = None
) -> MovedIn:
    """``found`` (see `read_factor_file`) as a recommender for the listeners of ``interactions``.

    Parameters
    ----------
    item_ids : of the rows of the item factors, where the file does not say

    Raises
    ------
    ContractError : if nothing says which item a row is, or no item of the interactions is there
    """
    ids = _ids_of_rows(found, interactions, item_ids)
    if not ids.isin(interactions.item_ids).any():
        raise ContractError(
            f"no item of the pairs has factors: pairs have ids such as {interactions.item_ids[0]}, "
            f"factors {ids[0] if len(ids) else 'none'}",
            mend="use the same ids in both",
        )
    widened = interactions_with(interactions, ids)
    made, how = _made(found, widened, ids)
    known = np.isin(interactions.item_ids, ids)
    agreement = None if _compared(found, widened) is None else _agreement(made, found, ids)
    return MovedIn(made, agreement, int((~known).sum()), how)


def _ids_of_rows(
    found: FactorFile, interactions: Interactions, item_ids: pd.Index | None
) -> pd.Index:
    ids, n_rows = item_ids if item_ids is not None else found.item_ids, len(found.item_factors)
    known = interactions.item_ids
    if ids is None and pd.api.types.is_integer_dtype(known) and known.min() >= 0:
        # Rows numbered from 0, as who has no ids but numbers has them.
        ids = pd.RangeIndex(n_rows) if known.max() < n_rows else None
    if ids is None or len(ids) != n_rows:
        said = "nothing says which item" if ids is None else f"{len(ids):,} ids say which item"
        raise ContractError(
            f"{said} each of {n_rows:,} rows of factors is",
            mend="give the ids in the order of the rows, one a line",
        )
    # Text as pandas keeps it, so that ids are the same as those of the pairs.
    return pd.Index(ids.to_numpy()).astype(known.dtype) if _alike(ids, known) else pd.Index(ids)


def _alike(ids: pd.Index, known: pd.Index) -> bool:
    return pd.api.types.is_integer_dtype(ids) == pd.api.types.is_integer_dtype(known)


def _made(found: FactorFile, interactions: Interactions, ids: pd.Index) -> tuple[Factors, str]:
    facts, own = found.facts, found.facts.get("recommender")
    if own is not None:
        return _placed(str(own), found.facts["settings"], found, interactions, ids), (
            f"factors of Tenuto's '{own}'"
        )
    n_factors = {"embedding_size": found.item_factors.shape[1]}
    if "learning_rate" in facts:
        return _placed("bpr", n_factors, found, interactions, ids), "factors of implicit's BPR"
    if {"regularization", "alpha"} <= set(facts):
        settings = n_factors | {
            "regularization": max(float(facts["regularization"]), 1e-6),
            "confidence_slope": float(facts["alpha"]),
            "weighting": "linear",
        }
        return _placed("als", settings, found, interactions, ids), "factors of implicit's ALS"
    best, trials = None, _unknown(n_factors)
    if _compared(found, interactions) is None:
        return _placed("als", next(trials), found, interactions, ids), "factors of unknown make"
    for settings in trials:
        made = _placed("als", settings, found, interactions, ids)
        near = _agreement(made, found, ids)
        if best is None or near > best[0]:
            best = near, made
    assert best is not None
    how = "factors of unknown make, listeners placed as like the given user factors as ALS can"
    return best[1], how


def _unknown(n_factors: dict[str, int]) -> Iterator[dict[str, Any]]:
    for ridge, slope, weighting in product(_RIDGES, _SLOPES, _WEIGHTINGS):
        yield n_factors | {
            "regularization": ridge,
            "confidence_slope": slope,
            "weighting": weighting,
        }


def _placed(
    name: str,
    settings: dict[str, Any],
    found: FactorFile,
    interactions: Interactions,
    ids: pd.Index,
) -> Factors:
    model = CATALOGUE.get(name).Model(**settings)
    if not isinstance(model, Factors):
        raise ContractError(f"'{name}' has no factors to give it", mend="check the file")
    model._take_over(interactions)
    item = interactions.item_ids.get_indexer(ids)
    factors, item = found.item_factors[item >= 0], item[item >= 0]
    usable = ~np.isnan(factors).any(axis=1)
    factors, item = factors[usable], item[usable]
    if isinstance(model, FoldedIn) and "recommender" not in found.facts:
        model._place_items(factors, item, len(model.item_ids))
        return model
    spread = table_of_factors(spread_out(factors, item, len(model.item_ids)))
    state = found.facts.get("state", {})
    try:
        known = {table: pa.table(columns) for table, columns in state.items()}
        model._restore({"item_factors": spread} | known)
    except (KeyError, TypeError, ValueError) as problem:
        raise ContractError(
            f"the file does not hold a whole '{name}': {problem}",
            mend="export it again with this version of Tenuto",
        ) from problem
    return model


def _compared(found: FactorFile, interactions: Interactions) -> NDArray[np.int64] | None:
    """The rows of the user factors to compare; None where they say nothing of our listeners."""
    if found.user_factors is None or found.user_ids is None:
        return None
    rows = np.flatnonzero(found.user_ids.isin(interactions.user_ids))[:_N_COMPARED]
    return rows if len(rows) else None


def _agreement(model: Factors, found: FactorFile, ids: pd.Index) -> float:
    """The share of the first items by given user factors that the model's lists have too."""
    assert found.user_factors is not None
    assert found.user_ids is not None
    users = np.flatnonzero(found.user_ids.isin(model.user_ids))[:_N_COMPARED]
    histories = model.histories_of(found.user_ids[users])
    scores = np.full((len(users), histories.n_items), NEVER)
    item = model.item_ids.get_indexer(ids)
    given = found.user_factors[users].astype(np.float64) @ found.item_factors.T.astype(np.float64)
    scores[:, item[item >= 0]] = np.nan_to_num(given[:, item >= 0], nan=NEVER)
    scores[histories.row_of_entry(), histories.item] = NEVER
    theirs, _ = top_k(scores, _K_COMPARED)
    ours, _ = model.rank(histories, _K_COMPARED, True)
    shared = [
        len(set(one[one >= 0]) & set(other[other >= 0]))
        for one, other in zip(theirs, ours, strict=True)
    ]
    return float(sum(shared) / max((theirs >= 0).sum(), 1))
