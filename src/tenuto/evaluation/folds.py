"""Who trains and who is tested: stable folds of users, and cutoffs whose labels were known."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tenuto.errors import ContractError, NotEnoughData


def user_fold(user_ids, n_folds: int = 5, salt: str = "") -> np.ndarray:
    """A fold from 0 to ``n_folds - 1`` for each id, the same on any machine, in any order.

    Parameters
    ----------
    user_ids : integers of any width, or strings. The integer 42 has one fold in every
        integer type; the string "42" is another id.
    salt : another salt gives folds that know nothing of these, e.g. one per campaign

    Returns
    -------
    int64 array. A hash, not a draw: a user is on the same side of the split at every
    cutoff and in every run (K5), and folds are only nearly of one size.

    Raises
    ------
    ContractError : for floats, NULLs, mixed ids (integers with blanks become floats and
        two long ids the same float), or fewer than one fold
    """
    if n_folds < 1:
        raise ContractError(f"{n_folds} folds", mend="ask for at least 1")
    hashes = user_hash(user_ids, salt)
    return (hashes % np.uint64(n_folds)).astype(np.int64)


def stratified_fold(user_ids, y, n_folds: int = 5, salt: str = "") -> np.ndarray:
    """`user_fold` for one row per user, with the same share of each label in every fold.

    With few rows the folds of `user_fold` differ in their share of leavers; a fold that has
    more of them is scored by models that saw fewer, so that scores pooled over folds rank
    backwards: pure noise had an AUC of 0.46 on 90 rows, not 0.50.
    """
    hashes, labels = user_hash(user_ids, salt), np.asarray(y)
    folds = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        in_order = rows[np.argsort(hashes[rows], kind="stable")]
        folds[in_order] = np.arange(len(rows)) % n_folds
    return folds


def user_hash(user_ids, salt: str = "") -> np.ndarray:
    """64 well-mixed bits for each id, as uint64; see `user_fold` for what an id may be."""
    ids = pd.Series(user_ids)
    kind = "with NULLs" if ids.isna().any() else pd.api.types.infer_dtype(ids, skipna=False)
    if kind == "integer":
        return _hash_integers(ids.to_numpy(), salt)
    if kind in ("string", "empty"):
        return _hash_strings(ids, salt)
    raise ContractError(
        f"user ids are '{kind}', not integers or strings",
        mend="drop rows without an id and keep ids as int64 or text",
    )


def some_of(mask: np.ndarray, user_ids, most: int, salt: str) -> np.ndarray:
    """``mask`` with at most ``most`` of its rows, of users chosen by a hash of their ids."""
    rows = np.flatnonzero(mask)
    if len(rows) <= most:
        return mask
    hashes = user_hash(np.asarray(user_ids)[rows], salt)
    some = np.zeros(len(mask), dtype=bool)
    some[rows[np.argsort(hashes, kind="stable")[:most]]] = True
    return some


def legal_training_cutoffs(
    test_cutoff: date,
    horizon_days: int,
    first_day: date,
    min_history_days: int,
    n: int,
    step_days: int,
) -> list[date]:
    """Up to ``n`` cutoffs whose outcome was known on ``test_cutoff``, newest first.

    A label of ``horizon_days`` is known only when its window has closed, so a training
    cutoff c is legal for a test at T only if c + horizon <= T (K3, churn.md §4.1). With
    14 days and a test on day 30 the newest is day 16, not day 29.

    Parameters
    ----------
    first_day : first day of data; every cutoff is at least ``min_history_days`` later
    step_days : days between two training cutoffs

    Raises
    ------
    NotEnoughData : if there is none
    """
    if min(horizon_days, n, step_days) < 1 or min_history_days < 0:
        raise ContractError(
            f"horizon_days={horizon_days}, n={n}, step_days={step_days}, "
            f"min_history_days={min_history_days}",
            mend="days, steps and counts are at least 1",
        )
    newest = test_cutoff - timedelta(days=horizon_days)
    oldest = first_day + timedelta(days=min_history_days)
    if newest < oldest:
        needed = min_history_days + horizon_days
        raise NotEnoughData(
            f"no training cutoff for {test_cutoff}: {min_history_days} days of history and a label "
            f"of {horizon_days} days need {needed} days before it; the data begin on {first_day}, "
            f"{(test_cutoff - first_day).days} days before",
            mend=f"test on {first_day + timedelta(days=needed)} or later, "
            "or ask for a shorter history or horizon",
        )
    room = (newest - oldest).days // step_days + 1
    return [newest - timedelta(days=step_days * back) for back in range(min(n, room))]


def _hash_integers(ids: np.ndarray, salt: str) -> np.ndarray:
    """SplitMix64 (Steele, Lea & Flood, OOPSLA 2014) of the id moved by the salt."""
    start = np.uint64(int.from_bytes(_digest(salt), "little"))
    unsigned = ids.astype(np.uint64) if ids.dtype == np.uint64 else ids.astype(np.int64).view("u8")
    mixed = unsigned + start + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _hash_strings(ids: pd.Series, salt: str) -> np.ndarray:
    codes, distinct = pd.factorize(ids)
    prefix = hashlib.blake2b(_digest(salt), digest_size=8)
    hashes = np.empty(len(distinct), dtype=np.uint64)
    for place, text in enumerate(distinct):
        of_this = prefix.copy()
        of_this.update(str(text).encode())
        hashes[place] = int.from_bytes(of_this.digest(), "little")
    return hashes[codes]


def _digest(salt: str) -> bytes:
    return hashlib.blake2b(salt.encode(), digest_size=8).digest()
