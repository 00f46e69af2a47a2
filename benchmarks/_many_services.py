"""A service as large as several: each raw log again and again, with other listeners in it.

Every line of a copy begins with another user than in the original; all else is the same. So there
are as many times the files, events and listeners of the original, of the same songs.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from _raw_logs import day_and_kind, unpacked

USUAL_DIGITS = 9
MOST_COPIES = 10
_PART = re.compile(r"(\d{8})_(?:(\d+)_)?(\w+)\.log")


def copy_logs(logs: list[Path], copies: int, into: Path, n_threads: int = 2) -> None:
    """``logs`` ``copies`` times, as plain files; the first with its own ids.

    Raises
    ------
    ValueError : if there are to be more copies than can be told apart
    """
    if not 1 <= copies <= MOST_COPIES:
        raise ValueError(f"{copies} copies: from 1 to {MOST_COPIES} can be told apart")
    into.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(partial(_copy_log, copies, into), logs))


def with_other_users(text: bytes, copy: int) -> bytes:
    """``text`` with other ids at the start of its lines; no two copies share one.

    An id of nine digits, which begins with 10 to 18, begins with 9 more in each copy; a shorter one
    becomes one of ten digits. Lines that begin with anything else stay as they are.

    Examples
    --------
    >>> with_other_users(b"168000001\\tar\\t7\\n25000\\tar\\t7\\n0\\tar\\t7\\n", 1)
    b'258000001\\tar\\t7\\n1100025000\\tar\\t7\\n0\\tar\\t7\\n'
    """
    if copy == 0:
        return text
    letters = np.frombuffer(text + bytes(USUAL_DIGITS + 1), dtype=np.uint8).copy()
    starts = np.concatenate([[0], np.flatnonzero(letters == ord("\n")) + 1])
    starts = starts[starts < len(text)]
    n_digits = _n_digits(letters, starts)
    usual, short = starts[n_digits == USUAL_DIGITS], (n_digits >= 4) & (n_digits < USUAL_DIGITS)
    first = 10 * (letters[usual].astype(np.int64) - ord("0")) + letters[usual + 1] - ord("0")
    letters[usual], letters[usual + 1] = np.divmod(first + 9 * copy, 10) + np.int64(ord("0"))
    return _with_tenth_digit(letters[: len(text)], starts[short], n_digits[short], copy)


def _n_digits(letters: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """How many digits there are from each start on, up to a tab; 0 where there is none."""
    n_digits = np.zeros(len(starts), dtype=np.int64)
    goes_on = np.ones(len(starts), dtype=bool)
    for place in range(USUAL_DIGITS):
        letter = letters[starts + place]
        goes_on &= (letter >= ord("0")) & (letter <= ord("9"))
        n_digits += goes_on
    return np.where(letters[starts + n_digits] == ord("\t"), n_digits, 0)


def _with_tenth_digit(
    letters: np.ndarray, starts: np.ndarray, n_digits: np.ndarray, copy: int
) -> bytes:
    text, pieces, done = letters.tobytes(), [], 0
    for start, n in zip(starts.tolist(), n_digits.tolist(), strict=True):
        pieces += [text[done:start], b"1%d%s" % (copy, b"0" * (8 - n))]
        done = start
    return b"".join([*pieces, text[done:]])


def _copy_log(copies: int, into: Path, path: Path) -> None:
    text = unpacked(path)
    day, kind = day_and_kind(path)
    found = _PART.match(path.name)
    part = int(found[2] or 0) if found else 0
    for copy in range(copies):
        name = f"{day:%Y%m%d}_{part + 100 * copy}_{kind}.log"
        (into / name).write_bytes(with_other_users(text, copy))
