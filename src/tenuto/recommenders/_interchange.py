"""Factors in and out of Tenuto: plain npz, or a folder of Parquet, that other tools read.

    factors.npz
      item_ids       (items,)            user_ids      (users,)
      item_factors   (items, factors)    user_factors  (users, factors)
      recommender, settings, state       which member made them, how, what else it knows (JSON)
      factors, regularization, alpha     what implicit asks for

A score is the inner product of the two rows. implicit's ``AlternatingLeastSquares.load`` reads the
file as it stands, and what implicit saves is read here. What has no item factors (nobody likes the
item) or no user factors (the listener likes nothing) is left out. No pickle, either way.

Nobody is served from given user factors: like every recommender, one that came in ranks a listener
from the history, by ridge regression on the item factors. A file of Tenuto's own gives the same
lists again; of others', `read_factors` tells how near the scores come.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.errors import ContractError
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._factors import Factors
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._interchange_files import FactorFile, read_factor_file, write_factor_file
from tenuto.recommenders._interchange_in import MovedIn, moved_in
from tenuto.recommenders._of_members import OfMembers
from tenuto.recommenders._questions import NEW

#: Listeners whose factors are made at once.
_CHUNK_USERS = 50_000


def export_factors(model: Recommender, path: Path | str) -> str:
    """Write the factors of ``model``: npz if ``path`` ends so, else a folder of Parquet files.

    Returns the member whose factors they are: of a recommender made of others, the one among
    those with factors that weighs most.

    Raises
    ------
    ContractError : if it has no factors
    """
    found = factors_of(model)
    write_factor_file(found, Path(path))
    return str(found.facts["recommender"])


def read_factors(
    path: Path | str, interactions: Interactions, *, item_ids: pd.Index | None = None
) -> MovedIn:
    """The factors in ``path`` as a recommender that serves the listeners of ``interactions``.

    Parameters
    ----------
    path : a file or folder of `export_factors`, what implicit's ``save`` wrote, or any npz with a
        matrix ``item_factors``; ``user_factors`` with ``user_ids`` are compared with
    item_ids : of the rows of the item factors, where the file does not say, as implicit's does not

    Raises
    ------
    SourceError : if it cannot be read, or needs pickle
    ContractError : if nothing says which item a row is, or no item of the pairs has factors
    """
    return moved_in(read_factor_file(path), interactions, item_ids=item_ids)


def factors_of(model: Recommender) -> FactorFile:
    """The factors of everybody and everything that has some; ContractError without any."""
    source = _with_factors(model)
    users = _user_factors(source)
    has_taste = ~np.isnan(users).any(axis=1)
    facts = {"recommender": source.name(), "settings": source.settings, "state": _state(source)}
    return FactorFile(
        source.item_factors[source.offered],
        model.item_ids.take(source.offered),
        users[has_taste],
        model.user_ids.take(np.flatnonzero(has_taste)),
        facts | _for_implicit(source),
    )


def _with_factors(model: Recommender) -> Factors:
    if isinstance(model, Factors):
        return model
    if isinstance(model, OfMembers):
        members = {
            name: member
            for name, member in model.ensemble.members.items()
            if isinstance(member, Factors)
        }
        weighing = model.weighings.get(NEW)
        weights = {} if weighing is None else weighing.weights
        if members:
            return members[max(members, key=lambda name: (weights.get(name, 0.0), name))]
    raise ContractError(
        f"'{model.name()}' has no factors: it does not place listeners and items in a space",
        mend="fit a model that has, such as ials, als, bpr, nmf or svd; or export what is similar",
    )


def _user_factors(source: Factors) -> NDArray[np.float32]:
    histories = source._known()
    users = np.full((len(histories), source.item_factors.shape[1]), np.nan, dtype=np.float32)
    for first in range(0, len(users), _CHUNK_USERS):
        rows = np.arange(first, min(first + _CHUNK_USERS, len(users)))
        users[rows] = source._user_factors(histories.take(rows))
    return users


def _state(source: Factors) -> dict[str, dict[str, list]]:
    """What a member knows beside its factors, table by table: little, or it would be no setting."""
    tables = {name: table for name, table in source._dump().items() if name != "item_factors"}
    return {name: table.to_pydict() for name, table in tables.items()}


def _for_implicit(source: Factors) -> dict[str, Any]:
    """So that implicit places a new listener alike, where its model is the same: ALS."""
    facts: dict[str, Any] = {"factors": source.item_factors.shape[1]}
    chosen = source.settings
    if {"regularization", "confidence_slope"} <= set(chosen):
        # implicit has one confidence, alpha * r, where Tenuto has 1 + slope * weight.
        is_binary = chosen.get("weighting") == "binary"
        alpha = float(chosen["confidence_slope"]) + (1.0 if is_binary else 0.0)
        ridge = float(getattr(source, "ridge", chosen["regularization"]))
        facts |= {"regularization": ridge, "alpha": alpha}
    return facts
