"""The few types that every warehouse has, and rows cast to them.

Dictionaries become what they hold, text is one type, time stamps are in microseconds (UTC, without
a zone), unsigned integers the next wider signed ones. NULL stays NULL, and NaN stays NaN.
"""

from __future__ import annotations

import pyarrow as pa

from tenuto.errors import ContractError

_WIDER = {
    pa.int8(): pa.int16(),
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.int64(),
    pa.float16(): pa.float32(),
    pa.large_string(): pa.string(),
    pa.string_view(): pa.string(),
    pa.date64(): pa.date32(),
    # A column in which nothing is known yet; `agreed` gives it another type once something is.
    pa.null(): pa.string(),
}
_AS_THEY_ARE = (
    *(pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64()),
    *(pa.bool_(), pa.string(), pa.date32()),
)


def plain(schema: pa.Schema) -> pa.Schema:
    """``schema`` in types that every warehouse has; NULL-only columns are text until known.

    Raises
    ------
    ContractError : if a column holds lists or records
    """
    return pa.schema([(field.name, _plain(field)) for field in schema])


def _plain(field: pa.Field) -> pa.DataType:
    kind = field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us")
    kind = _WIDER.get(kind, kind)
    if kind not in _AS_THEY_ARE:
        raise ContractError(
            f"column '{field.name}' is {kind}, which not every warehouse has",
            mend="let the export give numbers, text, days or time stamps",
        )
    return kind


def fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of ``schema`` out of ``batch``, in its types; what is not there is NULL."""
    columns = [
        batch.column(field.name).cast(field.type)
        if field.name in batch.schema.names
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
