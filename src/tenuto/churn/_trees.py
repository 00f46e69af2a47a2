"""How trees are boosted here: the same for all that are asked for a probability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightgbm
import numpy as np

from tenuto.saved import whole_trees

# LightGBM itself would not write it down the same again without what comes after the trees.
_TEXT = "_text_as_saved"
PARAMETERS = {
    "objective": "binary",
    "deterministic": True,
    "force_row_wise": True,
    # Many features say nearly the same: few of them per tree, and few leaves.
    "feature_fraction": 0.4,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "max_bin": 127,
    "verbose": -1,
}


def parameters(settings: Mapping[str, Any], n_rows: int, seed: int) -> dict[str, Any]:
    """LightGBM's parameters for a member's ``settings`` and so many training rows."""
    return PARAMETERS | {
        "learning_rate": settings["learning_rate"],
        "num_leaves": settings["num_leaves"],
        "num_threads": settings["n_jobs"],
        # A leaf of 50 is nothing in a large service and a quarter of a small one.
        "min_data_in_leaf": int(np.clip(n_rows // 100, 5, 50)),
        "seed": seed,
    }


def booster_of(content: bytes) -> lightgbm.Booster:
    """The booster of a saved file, which is what `text_of` gives for it.

    Raises
    ------
    ValueError : if it is none, or not a sound one
    """
    try:
        booster = lightgbm.Booster(model_str=whole_trees(content))
    except lightgbm.basic.LightGBMError as problem:
        raise ValueError(str(problem)) from problem
    setattr(booster, _TEXT, content)
    return booster


def text_of(booster: lightgbm.Booster) -> bytes:
    """The booster as it is saved: up to its best round only, so that no unused tree is kept."""
    loaded: bytes | None = getattr(booster, _TEXT, None)
    return booster.model_to_string().encode() if loaded is None else loaded
