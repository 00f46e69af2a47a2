"""scikit-learn estimators as bytes and back, by skops, with our own list of what may be in them.

skops names every object by its address in memory, and its zip carries the clock, so that
the same model saved twice differs. Here the addresses become 1, 2, 3 … in reading order
and the clock stands still: the same fit gives the same bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from typing import Any

import numpy as np
import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from tenuto.errors import ContractError
from tenuto.saved import refuse_bomb

#: Types beyond skops' own that may be built on load. The list lives here and never in the
#: file: a file that may trust itself is trusted by nobody (churn.md §2.1, row 24).
TRUSTED = ("numpy.dtype", "sklearn.tree._tree.Tree")

_SCHEMA = "schema.json"
# Whatever skops, NumPy and scikit-learn say of a file that was made up: they check as they build.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, MemoryError, ImportError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError),
)
# The oldest time a zip can tell.
_STILL = (1980, 1, 1, 0, 0, 0)


def to_bytes(estimator: Any) -> bytes:
    """A zip that `from_bytes` reads; the same estimator, the same bytes."""
    return _normalised(skops.io.dumps(estimator))


def from_bytes(content: bytes) -> Any:
    """The estimator.

    Raises
    ------
    ContractError : if the file holds a type that is not on the list, or is no skops file
    """
    try:
        estimator = skops.io.loads(refuse_bomb(content), trusted=list(TRUSTED))
        _check_trees(estimator)
        return estimator
    except UntrustedTypesFoundException as problem:
        raise ContractError(
            f"the saved model holds types that are not allowed: {problem}",
            mend="do not use this file; train and save the model again",
        ) from problem
    except _DAMAGE as problem:
        raise ContractError(
            f"the saved model cannot be read: {problem}", mend="train and save the model again"
        ) from problem


def _check_trees(estimator: Any) -> None:
    """Refuse trees whose splits lead out of their own arrays: scikit-learn follows them blindly."""
    for one in np.ravel(getattr(estimator, "estimators_", [])):
        tree, n_features = one.tree_, int(estimator.n_features_in_)
        own, is_split = np.arange(tree.node_count), tree.children_left != tree.children_right
        sides = np.stack([tree.children_left, tree.children_right])[:, is_split]
        feature = tree.feature[is_split]
        is_sound = (sides > own[is_split]).all() and (sides < tree.node_count).all()
        is_sound = is_sound and (tree.children_left[~is_split] == -1).all()
        if not is_sound or ((feature < 0) | (feature >= n_features)).any():
            raise ValueError("its trees are not sound")


def _normalised(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as saved:
        schema = json.loads(saved.read(_SCHEMA))
        numbers = _Numbers()
        _renumber(schema, numbers)
        arrays = {new: _without_padding(saved.read(old)) for old, new in numbers.files.items()}
    arrays[_SCHEMA] = json.dumps(schema, separators=(",", ":")).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name in sorted(arrays):
            entry = zipfile.ZipInfo(name, date_time=_STILL)
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, arrays[name])
    return packed.getvalue()


def _without_padding(content: bytes) -> bytes:
    """The same array; bytes between the fields of a tree's nodes, which are chance, are 0."""
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if array.dtype.names is None:
        return content
    clean = np.zeros(array.shape, dtype=array.dtype)
    for field in array.dtype.names:
        clean[field] = array[field]
    saved = io.BytesIO()
    np.save(saved, clean, allow_pickle=False)
    return saved.getvalue()


class _Numbers:
    """Small numbers for addresses, in the order in which they are met."""

    def __init__(self):
        self.given = 0
        self.of_address: dict[int, int] = {}
        self.files: dict[str, str] = {}

    def fresh(self) -> int:
        self.given += 1
        return self.given

    def of(self, address: int) -> int:
        if address not in self.of_address:
            self.of_address[address] = self.fresh()
        return self.of_address[address]

    def file(self, name: str) -> str:
        suffix = name.rpartition(".")[2]
        return self.files.setdefault(name, f"{len(self.files) + 1:06d}.{suffix}")


def _renumber(node: Any, numbers: _Numbers) -> None:
    """Walk the schema depth first, in its own order, and replace addresses and file names."""
    if isinstance(node, list):
        for part in node:
            _renumber(part, numbers)
    if not isinstance(node, dict):
        return
    if "__id__" in node:
        # Whether two equal constants share an address is chance: each gets its own number.
        is_constant = node.get("__loader__") == "JsonNode"
        node["__id__"] = numbers.fresh() if is_constant else numbers.of(node["__id__"])
    if isinstance(node.get("file"), str) and "__loader__" in node:
        node["file"] = numbers.file(node["file"])
    for part in node.values():
        _renumber(part, numbers)
