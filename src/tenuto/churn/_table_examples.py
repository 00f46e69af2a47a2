"""From a table that somebody made to examples: what is left out is counted and said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tenuto import sampling as samplings
from tenuto.churn._columns import Encoding
from tenuto.churn._examples import Examples
from tenuto.churn._pseudo_users import pseudo_users
from tenuto.churn._table import (
    Counts,
    RawTable,
    encode,
    find_id,
    known_column,
    learned_encoding,
    read_labels,
)
from tenuto.errors import NotEnoughData, SettingsError
from tenuto.evaluation.sums import TellingSum, telling_sums

N_FOLDS = 5
# A table tells no day: one for all, which stands for "when the table was made".
_NO_DAY = np.datetime64("1970-01-01")


@dataclass(frozen=True)
class TableSettings:
    """What `study_table` is asked for.

    allow : columns that may pass the leak alarms, because they were known before
    models : members of the room; empty means the usual ones that the table has the columns for
    """

    label: str
    id_column: str | None = None
    drop: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    sampling: str = samplings.NONE
    random_state: int = 0
    bootstrap_draws: int = 500


@dataclass(frozen=True)
class Prepared:
    """A table ready for training: examples, how they were made, and what was left out."""

    id_column: str
    encoding: Encoding
    examples: Examples
    counts: Counts


def prepare(table: RawTable, settings: TableSettings) -> Prepared:
    """Examples of a table: ids and label read, columns encoded, odd rows left out and counted."""
    id_column = find_id(table, settings.id_column)
    for name in (settings.label, *settings.drop):
        known_column(table, name)
    read = read_labels(table, id_column, settings.label)
    leave = list(dict.fromkeys([id_column, settings.label, *settings.drop]))
    encoding = learned_encoding(table, leave)
    X = encode(table, encoding)
    blank = {name: table.cells[name] == "" for name in encoding.words}
    profile = pd.DataFrame(blank, index=X.index, dtype=bool)
    is_nobody = pseudo_users(X, profile)
    assert read.y is not None
    is_open = np.isnan(read.y)
    counts = Counts(
        n_rows=len(X),
        n_without_label=int((is_open & ~is_nobody).sum()),
        pseudo_users=[str(user) for user in read.user_id[is_nobody]],
        n_duplicates=int(table.cells.drop(columns=id_column).duplicated(keep=False).sum()),
    )
    kept = ~is_nobody & ~is_open
    examples = Examples(read.user_id[kept], np.full(kept.sum(), _NO_DAY), X[kept], read.y[kept])
    _refuse_few(examples)
    return Prepared(id_column, encoding, examples, counts)


def without_telling_sums(
    read: Prepared, allow: Sequence[str] = ()
) -> tuple[Prepared, list[TellingSum]]:
    """Without the totals that counted the outcome itself; said aloud, never done quietly."""
    examples = read.examples
    labels = examples.y
    assert labels is not None
    sums = [found for found in telling_sums(examples.X, labels) if found.total not in allow]
    X = examples.X.drop(columns=[found.total for found in sums])
    return replace(read, examples=replace(examples, X=X)), sums


def _refuse_few(examples: Examples) -> None:
    labels = examples.y
    assert labels is not None
    if examples.X.shape[1] == 0:
        raise SettingsError("no column is left to learn from", mend="drop fewer columns")
    fewest = int(min(labels.sum(), len(labels) - labels.sum()))
    if fewest < 2 * N_FOLDS:
        raise NotEnoughData(
            f"{int(labels.sum())} of {len(labels)} users left: {2 * N_FOLDS} of either kind "
            "are the least that can be learned from and judged on",
            mend="bring more users; with so few, no figure would mean anything",
        )
