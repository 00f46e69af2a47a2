"""Sound lines and files, and what chance makes of them: for tests of what cannot be read."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from conftest import download, play, search

#: What readers of lines, numbers, clocks, queries, CSV and JSON have stumbled over somewhere.
FRAGMENTS = [
    *(b"\t", b"\t\t", b"\n", b"\r", b"\r\n", b"\0", b" ", b",", b'"', b'""', b"'", b"\\", b"|"),
    *(b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xf4\x90\x80\x80", b"\x80"),
    *(b"0", b"-1", b"-0", b"1e999", b"-1e999", b"NaN", b"inf", b"-inf", b"0x10", b"1_000", b"1."),
    *(b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809", b"9" * 400),
    *(b"168000001", b"12345678901234567890", b"189.5", b"1,5", "\u0661\u0662".encode()),
    *(b"2017-02-30 25:61:61", b"0001-01-01", b"9999-12-31T23:59:60Z", b"294277-01-10", b"-1"),
    *(b"1538352082000", b"1538352082000000000", b"-62135596800001", b"99999999999999999"),
    *(b"%", b"%4", b"%zz", b"%00", b"%ff%fe", b"+", b"%F0%9F%8E%B5", b"(1.2.3.4)TM", b"//"),
    *(b"{", b"}", b"[", b"]", b"{}", b"null", b"true", b":", b"\\u0000", b"\\ud800", b"\\x"),
    *(b"[" * 300, b'{"a":' * 300, b"<script>", b"=1+1", "\u202e".encode(), "\U0001f3b5".encode()),
]

SOUND = {
    "play": [play(168000001 + n, 100 + n, n + 1, 200, title=f"Söng {n}") for n in range(9)],
    "down": [download(168000001 + n, 100 + n) for n in range(9)],
    "search": [search(168000001 + n, query=f"s%C3%B6ng+{n}") for n in range(9)],
    "sparkify": [
        json.dumps(
            {
                "ts": 1538395200000 + n,
                "userId": str(30 + n),
                "sessionId": n,
                "page": page,
                "auth": "Logged In",
                "level": "free",
                "artist": "Björk",
                "song": "Jóga",
                "length": 305.1,
                "registration": 1538331630000,
                "userAgent": '"Mozilla/5.0"',
                "location": "Boston, MA",
            },
            ensure_ascii=False,
        )
        for n, page in enumerate(["NextSong", "Thumbs Up", "Cancel", "Home", "Oddity"])
    ],
    "csv": [f'ann{n},2024-03-3{n % 2}T12:00:05+01:00,"Björk, ""B""",7{n},{n}.5' for n in range(9)],
    "jsonl": [
        json.dumps({"user": f"ann{n}", "when": 1711800005 + n, "song": 7, "seconds": n / 2})
        for n in range(9)
    ],
}
CSV_HEADER = "user,when,artist,song,seconds"


def mutated(line: bytes, rng: np.random.Generator) -> bytes:
    """``line`` after one accident, or a few."""
    for _ in range(int(rng.geometric(0.7))):
        line = _ACCIDENTS[int(rng.integers(len(_ACCIDENTS)))](line, rng)
    return line


def mutated_lines(kind: str, count: int, rng: np.random.Generator) -> bytes:
    """A log of ``count`` mutated lines; an accident may make two of one, or one of two."""
    sound = [line.encode() for line in SOUND[kind]]
    picked = rng.integers(len(sound), size=count)
    return b"".join(mutated(sound[at], rng) + b"\n" for at in picked)


def _between(line: bytes, rng: np.random.Generator) -> tuple[int, int]:
    first, last = sorted(rng.integers(len(line) + 1, size=2).tolist())
    return first, min(last, first + 20)


def _replaced(line: bytes, rng: np.random.Generator) -> bytes:
    first, last = _between(line, rng)
    return line[:first] + FRAGMENTS[int(rng.integers(len(FRAGMENTS)))] + line[last:]


def _inserted(line: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(len(line) + 1))
    return line[:at] + FRAGMENTS[int(rng.integers(len(FRAGMENTS)))] + line[at:]


def _flipped(line: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(line)
    for at in rng.integers(len(line), size=min(len(line), 3)) if line else []:
        changed[at] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _cut(line: bytes, rng: np.random.Generator) -> bytes:
    first, last = _between(line, rng)
    return line[:first] + line[last:]


def _repeated(line: bytes, rng: np.random.Generator) -> bytes:
    first, last = _between(line, rng)
    return line[:last] + line[first:last] * int(rng.integers(1, 4)) + line[last:]


def _random(line: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(len(line) + 1))
    return line[:at] + rng.bytes(int(rng.integers(1, 8))) + line[at:]


_ACCIDENTS: list[Callable[[bytes, np.random.Generator], bytes]] = [
    *(_replaced, _inserted, _flipped, _cut, _repeated, _random)
]


# Files.


def packings(text: bytes) -> dict[str, bytes]:
    """``text`` in every packing."""
    return {
        "plain": text,
        "gz": gzip.compress(text, mtime=0),
        "bz2": bz2.compress(text),
        "tar.gz": gzip.compress(_tar(text), mtime=0),
        "tar": _tar(text),
        "zip": _zip(text),
    }


def mutated_files(whole: dict[str, bytes], count: int, rng: np.random.Generator) -> Iterator[bytes]:
    """``count`` files, each one of ``whole`` with some bytes changed, lost or put in."""
    names = sorted(whole)
    for _ in range(count):
        content = whole[names[int(rng.integers(len(names)))]]
        for _ in range(int(rng.integers(1, 4))):
            accident = _ACCIDENTS[int(rng.integers(len(_ACCIDENTS)))]
            content = accident(content, rng)
        yield content[: int(rng.integers(len(content) + 1))] if rng.random() < 0.1 else content


def parquet(n_rows: int = 30) -> bytes:
    """A table as a mapped source takes it."""
    rows = pa.table(
        {
            "user": [f"ann{n}" for n in range(n_rows)],
            "when": [1711800005 + n for n in range(n_rows)],
            "artist": ["Björk"] * n_rows,
            "song": list(range(n_rows)),
            "seconds": [n / 2 for n in range(n_rows)],
        }
    )
    packed = io.BytesIO()
    pq.write_table(rows, packed)
    return packed.getvalue()


def _tar(text: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        info = tarfile.TarInfo("20170330_3_play.log")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    return packed.getvalue()


def _zip(text: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("20170330_3_play.log"), text)
    return packed.getvalue()
