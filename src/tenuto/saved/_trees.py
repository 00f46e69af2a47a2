"""The text of LightGBM's trees, looked at before LightGBM reads it.

    tree
    max_feature_idx=1
    num_tree_per_iteration=1

    Tree=0
    num_leaves=3
    split_feature=0 1
    left_child=1 -1
    right_child=-2 -3

LightGBM takes such a text at its word: numbers that point out of its arrays make it read, or write,
where nothing of its own is. So a text from elsewhere is checked: lengths of arrays, numbers,
features, and that splits are a tree. Splits by category and linear leaves are none of ours.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

_MOST_LEAVES = 1 << 20
# Whether missing values go left, and what counts as missing.
_HIGHEST_KIND = 15
_TREE = re.compile(r"^Tree=\d+\n", re.MULTILINE)
_SIZES = re.compile(r"tree_sizes=")
_OF_SPLITS = (
    *("split_feature", "threshold", "decision_type", "left_child", "right_child"),
    *("split_gain", "internal_value", "internal_weight", "internal_count"),
)
_OF_LEAVES = ("leaf_value", "leaf_weight", "leaf_count")
_ALONE = ("num_leaves", "num_cat", "is_linear", "shrinkage")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?([eE][+-]?\d+)?|inf|nan)")
_WHOLE = re.compile(r"-?\d{1,15}")
_NEEDED = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
_CLASSES = re.compile(r"\bnum_class:(\S+)")


def whole_trees(content: bytes) -> str:
    """The text of a model up to the end of its trees, without their sizes.

    By the sizes LightGBM would jump to the trees, and read them in threads, in which a mistake ends
    the process. What may come after the trees, such as the parameters of the training, is needed
    for nothing, and taken apart with as little care.

    Raises
    ------
    ValueError : if it is none, or leads out of its own arrays
    """
    before, *trees = _TREE.split(content.decode("ascii").partition("\nend of trees\n")[0])
    said = _fields(before)
    _check_classes(said, len(trees))
    n_features = int(_integers(said["max_feature_idx"]).item()) + 1
    for tree in trees:
        _check_tree(_fields(tree), n_features)
    head = "".join(f"{line}\n" for line in before.splitlines() if not _SIZES.match(line))
    parts = [f"Tree={number}\n{tree.strip()}\n\n" for number, tree in enumerate(trees)]
    return f"{head}\n{''.join(parts)}end of trees\n"


def _fields(text: str) -> dict[str, str]:
    """The lines ``name=value``; a name that comes twice is no text of ours."""
    pairs = [line.partition("=") for line in text.splitlines() if "=" in line]
    fields = {name: value for name, _, value in pairs}
    _refuse(len(fields) != len(pairs), "a field is there twice")
    return fields


def _check_classes(said: dict[str, str], n_trees: int) -> None:
    asked = said["num_tree_per_iteration"], said["num_class"]
    n_at_once, n_classes = (int(_integers(text).item()) for text in asked)
    _refuse(not 1 <= n_at_once <= max(n_trees, 1), "trees per round")
    _refuse(n_trees % n_at_once != 0, "trees are missing")
    _refuse(n_classes != n_at_once, "classes and trees per round differ")
    told = _CLASSES.findall(said.get("objective", ""))
    _refuse(any(number != str(n_classes) for number in told), "classes of the objective differ")


def _check_tree(tree: dict[str, str], n_features: int) -> None:
    _refuse(not set(tree) <= {*_ALONE, *_OF_SPLITS, *_OF_LEAVES}, "something else in a tree")
    words = " ".join(tree.values()).split()
    _refuse(not all(map(_NUMBER.fullmatch, words)), "a word that is no number")
    n_leaves = int(_integers(tree["num_leaves"]).item())
    _refuse(not 1 <= n_leaves <= _MOST_LEAVES, "the number of leaves")
    _refuse(tree.get("num_cat") != "0", "splits by category")
    _refuse(tree.get("is_linear", "0") != "0", "linear leaves")
    _refuse("leaf_value" not in tree, "a part of a tree is missing")
    _check_length(tree, _OF_LEAVES, n_leaves)
    if n_leaves == 1:
        return
    _check_length(tree, _OF_SPLITS, n_leaves - 1)
    _refuse(not set(_NEEDED) <= tree.keys(), "a part of a tree is missing")
    feature = _integers(tree["split_feature"])
    _refuse(bool(((feature < 0) | (feature >= n_features)).any()), "a feature")
    kinds = _integers(tree["decision_type"])
    _refuse(
        bool(((kinds & 1 != 0) | (kinds < 0) | (kinds > _HIGHEST_KIND)).any()), "kinds of splits"
    )
    _check_children(_integers(tree["left_child"]), _integers(tree["right_child"]))


def _check_children(left: NDArray[np.int64], right: NDArray[np.int64]) -> None:
    """Every split but the first, and every leaf, is the child of one split with a lower number.

    Else a leaf is deeper than LightGBM, which counts once, makes room for.
    """
    n_splits = len(left)
    own = np.arange(n_splits)
    for child in (left, right):
        _refuse(bool(((child >= 0) & (child <= own)).any()), "a child before its parent")
    there = np.sort(np.concatenate([left, right]))
    wanted = np.concatenate([np.arange(-n_splits - 1, 0), np.arange(1, n_splits)])
    _refuse(not np.array_equal(there, wanted), "a child")


def _check_length(tree: dict[str, str], names: tuple[str, ...], length: int) -> None:
    for name in names:
        if name in tree:
            n_given = len(tree[name].split())
            # LightGBM leaves weights out of trees of one leaf.
            _refuse(n_given != length and (n_given, length) != (0, 1), f"the length of {name}")


def _integers(text: str) -> NDArray[np.int64]:
    words = text.split()
    _refuse(not all(map(_WHOLE.fullmatch, words)), "a word that is no whole number")
    return np.array([int(word) for word in words], dtype=np.int64)


def _refuse(is_wrong: bool, what: str) -> None:
    if is_wrong:
        raise ValueError(f"its trees are not sound: {what}")
