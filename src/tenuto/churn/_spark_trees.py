"""Spark's trees as numbers, and from there as a LightGBM model that needs no Spark.

Spark tells its trees in words (``toDebugString``), the only way that works alike on a classic
session and through Spark Connect and needs no folder that driver and workers share:

    GBTClassificationModel: uid = GBTClassifier_1a2b, numTrees=1, numClasses=2, numFeatures=2
      Tree 0 (weight 1.0):
        If (feature 0 <= 12.5)
         Predict: -0.8
        Else (feature 0 > 12.5)
         Predict: 0.6

Java writes a double so that it reads back exactly. As LightGBM's plain text the trees score at the
speed of C++ and explain themselves by exact SHAP values, which Spark cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import lightgbm
import numpy as np
from numpy.typing import NDArray

from tenuto.errors import ContractError

_TREE = re.compile(r"Tree \d+ \(weight ([^)]+)\):")
_IF = re.compile(r"If \(feature (\d+) <= ([^)]+)\)")
_PREDICT = re.compile(r"Predict: (.+)")


@dataclass
class Tree:
    """Splits and leaves, numbered in the order in which they are told; the root is split 0.

    left, right : of each split: the number of a split, or ``-1 - n`` for leaf n
    feature, threshold : of each split: values up to the threshold go left
    value : of each leaf, times the weight of the tree
    """

    weight: float = 1.0
    feature: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    #: Splits that lack their right side.
    _open: list[int] = field(default_factory=list)
    _is_right: bool = False

    def split(self, feature: int, threshold: float) -> None:
        self._hang(len(self.feature))
        self._open.append(len(self.feature))
        self.feature.append(feature)
        self.threshold.append(threshold)
        self.left.append(0)
        self.right.append(0)

    def otherwise(self) -> None:
        """What is told next is the right side of the last split without one."""
        self._is_right = True

    def leaf(self, value: float) -> None:
        self._hang(-1 - len(self.value))
        self.value.append(value * self.weight)

    def is_whole(self) -> bool:
        return not self._open and len(self.value) == len(self.feature) + 1

    def _hang(self, child: int) -> None:
        if not self._open:
            return
        if self._is_right:
            self.right[self._open.pop()] = child
        else:
            self.left[self._open[-1]] = child
        self._is_right = False


def trees_told(text: str, times: float = 1.0) -> list[Tree]:
    """The trees of an ensemble's ``toDebugString``, their answers multiplied by ``times``.

    Raises
    ------
    ContractError : if a line says something else than splits and leaves, or a tree ends early
    """
    trees: list[Tree] = []
    for line in text.splitlines()[1:]:
        said = line.strip()
        if not said:
            continue
        if begins := _TREE.fullmatch(said):
            trees.append(Tree(float(begins[1]) * times))
        elif not trees:
            raise _not_understood(said)
        elif split := _IF.fullmatch(said):
            trees[-1].split(int(split[1]), float(split[2]))
        elif said.startswith("Else ("):
            trees[-1].otherwise()
        elif leaf := _PREDICT.fullmatch(said):
            trees[-1].leaf(float(leaf[1]))
        else:
            raise _not_understood(said)
    if not trees or not all(tree.is_whole() for tree in trees):
        raise _not_understood(text[-80:])
    return trees


def booster_of(text: str) -> lightgbm.Booster:
    """Undo `as_lightgbm`.

    Raises
    ------
    ValueError : if it is no such text
    """
    try:
        return lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as problem:
        raise ValueError(str(problem)) from problem


def weighed(trees: Sequence[Tree], header: str, n_features: int, rows: NDArray) -> str:
    """`as_lightgbm` with the leaves that ``rows`` fall into counted.

    SHAP values weigh the two sides of a split by how many rows went there. A leaf that none
    of them reaches counts as one.
    """
    blank = [np.ones(len(tree.value), dtype=np.int64) for tree in trees]
    guide = booster_of(as_lightgbm(trees, blank, header, n_features))
    reached = np.asarray(guide.predict(rows, pred_leaf=True, num_threads=1), dtype=np.int64)
    reached = reached.reshape(len(rows), len(trees))
    counts = [
        np.maximum(np.bincount(leaf, minlength=len(tree.value)), 1)
        for tree, leaf in zip(trees, reached.T, strict=True)
    ]
    return as_lightgbm(trees, counts, header, n_features)


def as_lightgbm(
    trees: Sequence[Tree], counts: Sequence[NDArray[np.int64]], header: str, n_features: int
) -> str:
    """The text of a LightGBM model.

    Parameters
    ----------
    counts : how many rows each leaf of each tree has seen
    header : how outputs become a prediction, `LOG_ODDS` or `MEAN`
    n_features : columns there are, used or not
    """
    names = " ".join(f"Column_{number}" for number in range(n_features))
    ranges = " ".join(["[-inf:inf]"] * n_features)
    head = (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
        f"max_feature_idx={n_features - 1}\n{header}\nfeature_names={names}\n"
        f"feature_infos={ranges}\n\n"
    )
    parts = [
        f"Tree={number}\n{''.join(_lines(tree, of_leaf))}\n\n"
        for number, (tree, of_leaf) in enumerate(zip(trees, counts, strict=True))
    ]
    return f"{head}{''.join(parts)}end of trees\n\nparameters:\nend of parameters\n"


#: The sum of the trees is the log-odds.
LOG_ODDS = "objective=binary sigmoid:1"
#: Each tree says a probability, and all count alike.
MEAN = "objective=regression\naverage_output"


def _lines(tree: Tree, counts: NDArray[np.int64]) -> Iterator[str]:
    n_splits = len(tree.feature)
    yield f"num_leaves={n_splits + 1}\nnum_cat=0\n"
    columns: dict[str, Iterable] = {
        "split_feature": tree.feature,
        "split_gain": [0] * n_splits,
        "threshold": map(repr, tree.threshold),
        "decision_type": [0] * n_splits,
        "left_child": tree.left,
        "right_child": tree.right,
        "leaf_value": map(repr, tree.value),
        "leaf_weight": counts.tolist(),
        "leaf_count": counts.tolist(),
        "internal_value": [0] * n_splits,
        "internal_weight": [0] * n_splits,
        "internal_count": _below(tree, counts),
    }
    for name, values in columns.items():
        yield f"{name}={' '.join(map(str, values))}\n"
    yield "is_linear=0\nshrinkage=1\n"


def _below(tree: Tree, counts: NDArray[np.int64]) -> list[int]:
    """Rows that each split has seen; a split is told before what hangs on it."""
    seen = [0] * len(tree.feature)
    for split in reversed(range(len(seen))):
        for child in (tree.left[split], tree.right[split]):
            seen[split] += int(counts[-1 - child]) if child < 0 else seen[child]
    return seen


def _not_understood(said: str) -> ContractError:
    return ContractError(
        f"Spark describes its trees in words that are not known here: '{said}'",
        mend="use the version of pyspark in constraints.txt",
    )
