"""Rows of listeners out of CSV and JSON lines; the other lines keep their bytes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from tenuto.forgetting._listeners import USER_COLUMNS, Listeners
from tenuto.record import write_aside

_PIECE_BYTES = 1 << 22


def strip_csv(file: Path, listeners: Listeners) -> int:
    """Remove the rows whose listener is one of ``listeners``; how many they were.

    Where no column holds listeners, rows that name one are removed.
    """
    if not any(text.encode() in content for content in _pieces(file) for text in listeners.texts):
        return 0
    n_gone = 0

    def write(aside: Path) -> None:
        nonlocal n_gone
        with aside.open("w", encoding="utf-8", newline="", errors="surrogateescape") as stream:
            for is_kept, text in _rows(file, listeners):
                n_gone += not is_kept
                stream.write(text if is_kept else "")

    # Written also where nothing is removed: an id may be a part of something else.
    write_aside(file, write)
    return n_gone


def strip_lines(file: Path, listeners: Listeners) -> int:
    """Remove the lines that name one of ``listeners``; how many they were."""
    content = file.read_bytes()
    lines = content.splitlines(keepends=True)
    kept = [line for line in lines if not listeners.are_in(line)]
    if len(kept) < len(lines):
        write_aside(file, lambda aside: aside.write_bytes(b"".join(kept)))
    return len(lines) - len(kept)


def _rows(file: Path, listeners: Listeners) -> Iterator[tuple[bool, str]]:
    """Whether each row stays, and its text as it is; the header stays."""
    # A cell of an opinion in full may be longer than the reader's own limit.
    csv.field_size_limit(1 << 30)
    with file.open(encoding="utf-8", newline="", errors="surrogateescape") as stream:
        lines = _Remembered(stream)
        reader = csv.reader(lines)
        names = next(reader, [])
        places = [at for at, name in enumerate(names) if name in USER_COLUMNS]
        yield True, lines.taken()
        for row in reader:
            text = lines.taken()
            if places:
                # A ' in front keeps an id from being a formula.
                cells = {row[at].removeprefix("'") for at in places if at < len(row)}
                yield not cells & listeners.texts, text
            else:
                yield not listeners.are_in(text), text


class _Remembered:
    """Lines of a stream, and those that were taken since the last time one asked."""

    def __init__(self, stream: Iterator[str]):
        self._stream = stream
        self._lines: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self._lines.append(line)
            yield line

    def taken(self) -> str:
        text = "".join(self._lines)
        self._lines.clear()
        return text


def _pieces(file: Path) -> Iterator[bytes]:
    """The file in pieces that overlap, so that no id is cut in two."""
    before = b""
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            yield before + piece
            before = piece[-256:]
