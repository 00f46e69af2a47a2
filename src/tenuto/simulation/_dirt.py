"""Row by row dirt at the rates seen in the real logs (section 2.2 and 4 of the reference).

No event is lost here except by a blank or zero uid: an address stuck to a play time, a
row broken in two or a tab too many leave the event readable for a careful reader.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenuto.simulation._records import Columns

TAINTED = 0.0045  # play_time with a client address; these rows have song_type 2
MILLISECONDS_LOCAL, MILLISECONDS_OTHER = 0.22, 0.003  # Android; mostly song_type 1 (K17)
LENGTH_ZERO, LENGTH_MINUS_ONE, LENGTH_ABSURD = 0.050, 0.004, 0.0002
TIME_NOT_A_NUMBER, TIME_NEGATIVE = 0.00014, 0.000002
SONG_ID_MINUS_ONE, SONG_ID_BLANK = 0.0002, 0.0003
USER_ID_ZERO, USER_ID_BLANK = 0.0001, 0.0001
SINGER_BLANK = 0.002
SHIFTED, CUT_BY_TABS, BLANK_LINE = 0.002, 0.001, 0.001
BROKEN_DOWNLOAD = 0.004
DUPLICATES = {"play": 0.007, "down": 0.007, "search": 0.018}
# Documentation ranges: no address of anybody.
NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.")
MARKS = (">=(", ">}(", ">(")


def dirty_columns(kind: str, columns: Columns, rng: np.random.Generator) -> Columns:
    """The columns with some fields spoilt; ``kind`` is play, down or search."""
    columns = dict(columns)
    _spoil(columns, "uid", "0", USER_ID_ZERO, rng)
    _spoil(columns, "uid", "", USER_ID_BLANK, rng)
    if kind != "search":
        _spoil(columns, "song_id", "", SONG_ID_BLANK, rng)
    if kind == "play":
        _dirty_plays(columns, rng)
    if kind == "down":
        columns["song_name"] = _ending(columns["song_name"], "\n", BROKEN_DOWNLOAD, rng)
    return columns


def dirty_lines(kind: str, lines: pa.Array, rng: np.random.Generator) -> pa.Array:
    """The lines with shifted rows, blank lines and exact duplicates among them."""
    if kind == "play":
        n = len(lines)
        start = pc.if_else(_some(n, SHIFTED, rng), "\t", "")
        start = pc.if_else(_some(n, BLANK_LINE, rng), "\n", start)
        lines = pc.binary_join_element_wise(start, lines, "")
    copies = 1 + (rng.random(len(lines)) < DUPLICATES[kind])
    return lines.take(pa.array(np.repeat(np.arange(len(lines)), copies)))


def _dirty_plays(columns: Columns, rng: np.random.Generator) -> None:
    n = len(columns["uid"])
    _spoil(columns, "song_id", "-1", SONG_ID_MINUS_ONE, rng)
    _spoil(columns, "singer", "", SINGER_BLANK, rng)
    columns["play_time"] = _in_milliseconds(columns, rng)
    for text in ("nan", "null", ""):
        _spoil(columns, "play_time", text, TIME_NOT_A_NUMBER / 3, rng)
    _spoil(columns, "play_time", "-0.012", TIME_NEGATIVE, rng)
    _spoil(columns, "song_length", "0", LENGTH_ZERO, rng)
    _spoil(columns, "song_length", "-1", LENGTH_MINUS_ONE, rng)
    absurd = pa.array(rng.integers(12_000, 776_364, n)).cast(pa.string())
    _spoil(columns, "song_length", absurd, LENGTH_ABSURD, rng)
    columns["song_length"] = _ending(columns["song_length"], "\t" * 5, CUT_BY_TABS, rng)
    tainted = _some(n, TAINTED, rng)
    with_address = pc.binary_join_element_wise(columns["play_time"], _addresses(n, rng), "")
    columns["play_time"] = pc.if_else(tainted, with_address, columns["play_time"])
    columns["song_type"] = pc.if_else(tainted, "2", columns["song_type"])


def _some(n: int, share: float, rng: np.random.Generator) -> pa.Array:
    return pa.array(rng.random(n) < share)


def _spoil(columns: Columns, name: str, value, share: float, rng: np.random.Generator) -> None:
    some = _some(len(columns[name]), share, rng)
    columns[name] = pc.if_else(some, value, columns[name])


def _ending(column: pa.Array, ending: str, share: float, rng: np.random.Generator) -> pa.Array:
    endings = pc.if_else(_some(len(column), share, rng), ending, "")
    return pc.binary_join_element_wise(column, endings, "")


def _in_milliseconds(columns: Columns, rng: np.random.Generator) -> pa.Array:
    """Seconds with three digits more, on Android and mostly for local files."""
    seconds, n = columns["play_time"], len(columns["play_time"])
    is_local = np.asarray(pc.equal(columns["song_type"], "1"))
    share = np.where(is_local, MILLISECONDS_LOCAL, MILLISECONDS_OTHER)
    chosen = pa.array(rng.random(n) < share)
    chosen = pc.and_(chosen, pc.equal(columns["device"], "ar"))
    chosen = pc.and_(chosen, pc.not_equal(seconds, "0"))
    digits = pa.array(rng.integers(1_000, 2_000, n)).cast(pa.string())
    spelt = pc.binary_join_element_wise(seconds, pc.utf8_slice_codeunits(digits, 1), "")
    return pc.if_else(chosen, spelt, seconds)


def _addresses(n: int, rng: np.random.Generator) -> pa.Array:
    mark = pa.array(MARKS).take(pa.array(rng.integers(0, len(MARKS), n)))
    network = pa.array(NETWORKS).take(pa.array(rng.integers(0, len(NETWORKS), n)))
    host = pa.array(rng.integers(1, 255, n)).cast(pa.string())
    return pc.binary_join_element_wise(mark, network, host, ")TM", "")
