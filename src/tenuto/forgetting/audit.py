"""The text of lines that were set aside: the line stays listed, its text goes."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenuto.forgetting._files import files_below
from tenuto.forgetting._listeners import Listeners
from tenuto.privacy import HIDDEN, words_of
from tenuto.record import write_aside
from tenuto.workspace import Workspace


def forget(workspace: Workspace, listeners: Listeners) -> int:
    """Hide the text of lines that name one of ``listeners``; how many there are."""
    n_hidden = 0
    for file in files_below(workspace.audit / "set_aside"):
        if file.suffix != ".parquet":
            continue
        rows = pq.ParquetFile(file).read()
        named = pa.array([_names(text, listeners) for text in rows["record"].to_pylist()])
        if pc.any(named).as_py():
            n_hidden += pc.sum(named).as_py()
            texts = pc.if_else(named, pa.scalar(HIDDEN), rows["record"])
            changed = rows.set_column(rows.schema.get_field_index("record"), "record", texts)
            _write(changed, file)
    return n_hidden


def _write(rows: pa.Table, file) -> None:
    write_aside(file, lambda aside: pq.write_table(rows, aside, compression="zstd"))


def _names(text: str | None, listeners: Listeners) -> bool:
    if text is None:
        return False
    return listeners.are_in(text) or not listeners.texts.isdisjoint(words_of(text))
