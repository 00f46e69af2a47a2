"""Search queries as people typed them, from their URL encoding."""

from __future__ import annotations

from urllib.parse import unquote_plus

import ibis
import ibis.expr.datatypes as dt
import numpy as np
import pyarrow as pa

from tenuto.sources._packing import replace_bad_bytes

_PERCENT, _PLUS, _SPACE = b"%+ "
_NO_DIGIT = 255
_DIGITS = np.full(256, _NO_DIGIT, dtype=np.uint8)
for _value, _digit in enumerate(b"0123456789abcdef"):
    _DIGITS[[_digit, ord(chr(_digit).upper())]] = _value


# One text at a time, since Spark has no other way; for the few lines that are odd.
@ibis.udf.scalar.python
def decoded(query: dt.string) -> dt.string:
    """A query without its percent encoding; ``+`` is a space.

    Android writes upper-case hex and ``+``, iPhone lower-case hex and ``%20`` (seeds.md
    §2.2). Bytes that are not UTF-8 become U+FFFD, which the ``undecodable_query`` rule counts.
    """
    return None if query is None else unquote_plus(query)


def decoded_all(queries: pa.ChunkedArray) -> pa.ChunkedArray:
    """What `decoded` makes of each of ``queries``, none of them NULL; many times as fast."""
    return pa.chunked_array([_decoded(chunk) for chunk in queries.chunks], pa.string())


def _decoded(queries: pa.Array) -> pa.Array:
    content, offsets = _content(queries)
    content[content == _PLUS] = _SPACE
    starts, values = _escapes(content, offsets)
    content[starts] = values
    stays = np.ones(len(content), dtype=bool)
    stays[starts + 1] = stays[starts + 2] = False
    # Each escape before the end of a query has taken two bytes from it.
    ends = (offsets - 2 * np.searchsorted(starts, offsets)).astype(np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(content[stays])]
    try:
        texts = pa.Array.from_buffers(pa.string(), len(queries), buffers)
        texts.validate(full=True)
    except pa.ArrowInvalid:
        binary = pa.Array.from_buffers(pa.binary(), len(queries), buffers)
        return replace_bad_bytes(binary)[0]
    return texts


def _content(queries: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """A copy of the bytes of ``queries``, and where each begins, with the end of the last."""
    _, offsets, content = queries.buffers()
    places = np.frombuffer(offsets, np.int32)[queries.offset : queries.offset + len(queries) + 1]
    there = np.frombuffer(content or b"", np.uint8)[places[0] : places[-1]]
    return there.copy(), places - places[0]


def _escapes(content: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a percent sign and two hexadecimal digits stand in a query, and for which bytes."""
    starts = np.flatnonzero(content == _PERCENT)
    ends = offsets[np.searchsorted(offsets, starts, side="right")]
    starts = starts[starts + 2 < ends]
    high, low = _DIGITS[content[starts + 1]], _DIGITS[content[starts + 2]]
    is_escape = (high != _NO_DIGIT) & (low != _NO_DIGIT)
    return starts[is_escape], (high << 4 | low)[is_escape]
