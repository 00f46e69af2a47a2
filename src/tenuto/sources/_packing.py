"""Raw bytes to numbered lines, whatever the packing: gzip, bzip2, tar, zip or none.

What a file is packed in is read from its first bytes, never from its name: real
archives carry names such as ``20170422_3_play.log``. A truncated or damaged archive
gives every whole line before the damage, and says what the damage is. So does one that unpacks to
far more than a log could (a bomb), is encrypted, or holds a line without an end. Nothing is ever
unpacked to the disk, so that names inside of an archive lead nowhere.
"""

from __future__ import annotations

import bz2
import codecs
import errno
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenuto.sources._contract import unreadable
from tenuto.sources._gunzip import Gunzip

# A day of one part is about 80 MB unpacked, so that nearly every file is one block;
# memory stays bounded when one is not.
BLOCK_BYTES = 128 << 20
_READ_BYTES = 1 << 20
# Where a block is cut: within so much of its end, so that a file of odd lines is no slower.
_SEARCHED_BYTES = 2 * _READ_BYTES
# Pieces stay in the processor's cache: lines are found four times as fast as in a whole block.
_PIECE_BYTES = 4 << 20
# Logs are packed to a fifth, at best to a twentieth of their size; gzip can do 1,032, bzip2 more.
_MOST_TIMES_PACKED = 200
_NEVER_TOO_LARGE_BYTES = 256 << 20
_LONGEST_LINE_BYTES = 64 << 20
_LINES = pa.schema(
    {
        "source_line": pa.int64(),
        "line": pa.string(),
        "has_bad_bytes": pa.bool_(),
        "is_cut_off": pa.bool_(),
    }
)
_DAMAGE = (
    EOFError,
    zlib.error,
    gzip.BadGzipFile,
    tarfile.TarError,
    zipfile.BadZipFile,
    lzma.LZMAError,
    # A zip that is encrypted, of a later version, or tells sizes that cannot be.
    RuntimeError,
    NotImplementedError,
    ValueError,
    OverflowError,
    struct.error,
)


class _Bomb(zlib.error):
    """More comes out of an archive than any log could hold."""


class _EndlessLine(Exception):
    """A line goes on for longer than any record."""


class LineReader:
    """Reads one raw file as blocks of numbered lines.

    After the last block, ``damage`` is None or says what is wrong with the archive, and
    ``n_bytes`` is the unpacked size that was read.
    """

    def __init__(self, path: Path, block_bytes: int = BLOCK_BYTES):
        self.path = path
        self.block_bytes = block_bytes
        self.damage: str | None = None
        self.n_bytes = 0
        self.n_lines = 0

    def __iter__(self) -> Iterator[pa.Table]:
        """Tables of ``source_line`` (from 1), ``line``, ``has_bad_bytes`` and ``is_cut_off``.

        ``line`` has no line end; bytes that are not UTF-8 are replaced by U+FFFD and
        flagged. The last line of a damaged archive is flagged as cut off.

        Raises
        ------
        SourceError : if the file cannot be opened at all
        """
        self.n_lines = 0
        try:
            for block, is_end in _blocks(_without_mark(self._pieces()), self.block_bytes):
                if block:
                    yield self._lines(block, is_end)
        except _EndlessLine as failure:
            self.damage = str(failure)

    def _lines(self, block: bytearray, is_end: bool) -> pa.Table:
        """The lines of ``block``, which is empty then: its text would be in memory twice."""
        table = _to_lines(block, first_line=self.n_lines + 1)
        if is_end and self.damage and not block.endswith(b"\n"):
            table = _mark_last_as_cut_off(table)
        self.n_lines += table.num_rows
        block.clear()
        return table

    def _pieces(self) -> Iterator[bytes]:
        try:
            for piece in _unpacked(self.path):
                self.n_bytes += len(piece)
                yield piece
        except _DAMAGE as failure:
            self.damage = str(failure) or type(failure).__name__
        except OSError as failure:
            # A position inside of an archive that cannot be is damage, too.
            if failure.errno != errno.EINVAL:
                raise unreadable(self.path, failure) from failure
            self.damage = str(failure)


class _UpToDamage(io.RawIOBase):
    """A packed stream that ends where it cannot be unpacked any further; ``failure`` says why.

    Raised at once, the failure would cost what had been unpacked just before it.
    """

    def __init__(self, packed: IO[bytes], most_bytes: int):
        self.packed = packed
        self.left = most_bytes
        self.failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        piece = b"" if self.failure else self._read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _read(self, n_bytes: int) -> bytes:
        try:
            piece = self.packed.read1(n_bytes)  # type: ignore[attr-defined]
            self.left -= len(piece)
            if self.left < 0:
                self.failure = _Bomb("more comes out than a log could hold: a decompression bomb")
            return piece
        except _DAMAGE as failure:
            self.failure = failure
        except OSError as failure:
            if failure.errno is not None:  # bz2 has no class of its own for bad data
                raise
            self.failure = zlib.error(str(failure))
        return b""


def _unpacked(path: Path) -> Iterator[bytes]:
    """The bytes of all files inside ``path``, in order."""
    with path.open("rb") as raw:
        head = raw.read(4)
        raw.seek(0)
        most = max(_NEVER_TOO_LARGE_BYTES, _MOST_TIMES_PACKED * os.fstat(raw.fileno()).st_size)
        if head == b"PK\3\4":
            with zipfile.ZipFile(raw) as archive:
                for name in sorted(archive.namelist()):
                    for piece in _with_line_end(_to_the_end(archive.open(name), most)):
                        most -= len(piece)
                        yield piece
        elif head[:2] == b"\x1f\x8b":
            yield from _to_the_end(Gunzip(raw), most)
        elif head[:3] == b"BZh":
            yield from _to_the_end(bz2.BZ2File(raw), most)
        else:
            yield from _to_the_end(raw, most)


def _to_the_end(packed: IO[bytes] | Gunzip | bz2.BZ2File, most_bytes: int) -> Iterator[bytes]:
    up_to_damage = _UpToDamage(packed, most_bytes)  # type: ignore[arg-type]
    stream = io.BufferedReader(up_to_damage, _READ_BYTES)
    is_tar = stream.peek(512)[257:262] == b"ustar"
    try:
        yield from _members(stream) if is_tar else _pieces_of(stream)
    except tarfile.TarError:
        # Where both break off, what is wrong with the outer packing explains the inner one.
        if up_to_damage.failure is None:
            raise
    if up_to_damage.failure is not None:
        raise up_to_damage.failure


def _members(stream: IO[bytes]) -> Iterator[bytes]:
    with tarfile.open(fileobj=stream, mode="r|", bufsize=tarfile.RECORDSIZE) as archive:
        for member in archive:
            if member.isfile():
                yield from _with_line_end(_pieces_of(archive.fileobj, member.size))


def _pieces_of(stream, n_bytes: int | None = None) -> Iterator[bytes]:
    """All of ``stream``, or the next ``n_bytes`` of it."""
    left = n_bytes
    while left != 0:
        piece = stream.read(_READ_BYTES if left is None else min(left, _READ_BYTES))
        if not piece:
            break
        left = None if left is None else left - len(piece)
        yield piece
    if left:
        raise tarfile.ReadError(f"unexpected end of data, {left} bytes are missing")


def _with_line_end(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """``pieces`` of a whole file; without a last line end the next file would go on in its line."""
    last = b"\n"
    for piece in pieces:
        last = piece
        yield piece
    if not last.endswith(b"\n"):
        yield b"\n"


def _without_mark(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """``pieces`` without the byte order mark that some programs put at the front of UTF-8."""
    yield next(pieces, b"").removeprefix(codecs.BOM_UTF8)
    yield from pieces


def _blocks(pieces: Iterator[bytes], block_bytes: int) -> Iterator[tuple[bytearray, bool]]:
    """Cut the stream between lines; True with the last block.

    Never before a line that starts with a tab: it may be the second half of a record
    that was broken in two.

    Raises
    ------
    _EndlessLine : if there is no place to cut for longer than any record
    """
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        if len(buffer) > block_bytes + _LONGEST_LINE_BYTES:
            raise _EndlessLine(f"a record goes on for more than {_LONGEST_LINE_BYTES >> 20} MB")
        if len(buffer) >= block_bytes and (end := _last_cut(buffer)):
            rest = buffer[end:]
            del buffer[end:]
            yield buffer, False
            buffer = rest
    yield buffer, True


def _last_cut(buffer: bytearray) -> int:
    """The position after the last line end that is followed by something else than a tab."""
    first = max(0, len(buffer) - _SEARCHED_BYTES)
    content = np.frombuffer(memoryview(buffer)[first:].tobytes(), dtype=np.uint8)
    is_cut = (content[:-1] == ord("\n")) & (content[1:] != ord("\t"))
    places = np.flatnonzero(is_cut)
    return 0 if len(places) == 0 else first + int(places[-1]) + 1


def _to_lines(block: bytearray, first_line: int) -> pa.Table:
    pieces, start = [], 0
    while start < len(block):
        end = _end_of_piece(block, start)
        pieces.append(_lines_of(memoryview(block)[start:end], first_line))
        first_line += pieces[-1].num_rows
        start = end
    return pa.Table.from_batches(pieces, _LINES)


def _end_of_piece(block: bytearray, start: int) -> int:
    """The position after a line end, about a piece behind ``start``, or the end of the block."""
    limit = start + _PIECE_BYTES
    if limit >= len(block):
        return len(block)
    return block.rfind(b"\n", start, limit) + 1 or block.find(b"\n", limit) + 1 or len(block)


def _lines_of(piece: memoryview, first_line: int) -> pa.RecordBatch:
    ends = np.flatnonzero(np.frombuffer(piece, dtype=np.uint8) == ord("\n")) + 1
    if piece[-1] != ord("\n"):
        ends = np.append(ends, len(piece))
    offsets = np.concatenate([[0], ends]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(piece)]
    n_lines = len(ends)
    lines = pa.Array.from_buffers(pa.string(), n_lines, buffers)
    has_bad_bytes = pa.array(np.zeros(n_lines, dtype=bool))
    try:
        lines.validate(full=True)
    except pa.ArrowInvalid:
        binary = pa.Array.from_buffers(pa.binary(), n_lines, buffers)
        lines, has_bad_bytes = replace_bad_bytes(binary)
    numbers = pa.array(np.arange(first_line, first_line + n_lines))
    is_cut_off = pa.array(np.zeros(n_lines, dtype=bool))
    trimmed = pc.ascii_rtrim(lines, "\r\n")
    return pa.record_batch([numbers, trimmed, has_bad_bytes, is_cut_off], schema=_LINES)


def replace_bad_bytes(lines: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Texts with U+FFFD for bytes that are not UTF-8, and which of them have such bytes."""
    decoded = [line.decode("utf-8", "replace") for line in lines.to_pylist()]
    encoded_back = (text.encode() == raw.as_py() for text, raw in zip(decoded, lines, strict=True))
    return pa.array(decoded, pa.string()), pa.array([not same for same in encoded_back])


def _mark_last_as_cut_off(table: pa.Table) -> pa.Table:
    marks = np.zeros(table.num_rows, dtype=bool)
    marks[-1] = True
    at = table.schema.get_field_index("is_cut_off")
    return table.set_column(at, "is_cut_off", pa.array(marks))
