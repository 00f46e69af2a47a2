"""Who is contacted and who is held out: by chance, in every stratum of risk, for good.

A campaign remembers its listeners in ``campaigns/NAME/groups.parquet``, one row for each ever
listed:

    user_id         the listener
    group           "treat" or "holdout": drawn once, never changed while the campaign lasts
    cutoff          when the row was written: the first cutoff at which contact was planned, else
                    the latest at which the listener was listed
    stratum, band   of risk, at that cutoff
    probability, is_active_14d, is_paid, value, action, expected_value, contact_cost, offer_cost
                    as they were at that cutoff
    is_planned      whether the listener was to be contacted, were it not for the hold-out
    contacted       ``is_planned`` and treat

Whom contact is planned for depends on nothing that a group could have changed, since nobody was
contacted before; so both groups of the planned are alike but for the contact, and are to be
compared from ``cutoff`` on.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from tenuto.errors import ContractError
from tenuto.record import write_aside
from tenuto.settings import RetentionSettings

TREAT, HOLDOUT = "treat", "holdout"
GROUPS_FILE = "groups.parquet"
KEY_VARIABLE = "TENUTO_HOLDOUT_KEY"
COLUMNS = (
    "user_id",
    "group",
    "cutoff",
    "stratum",
    "band",
    "probability",
    "is_active_14d",
    "is_paid",
    "value",
    "action",
    "expected_value",
    "contact_cost",
    "offer_cost",
    "is_planned",
    "contacted",
)


def remembered(campaigns: Path, campaign: str) -> pd.DataFrame:
    """The rows of a campaign, empty before its first list."""
    file = campaigns / campaign / GROUPS_FILE
    return pd.read_parquet(file) if file.exists() else pd.DataFrame(columns=list(COLUMNS))


def assign_groups(
    people: pd.DataFrame, memory: pd.DataFrame, settings: RetentionSettings, cutoff: str
) -> pd.Series:
    """The group of each listener: the one remembered, else one drawn in the listener's stratum.

    Parameters
    ----------
    people : ``user_id`` and ``stratum``, one row per listener

    Returns
    -------
    Series, rows as ``people``. Of the new listeners of a stratum ``holdout_share`` are held out,
    those with the lowest hashes; a fraction of a listener is held out with that chance. The
    order of the rows does not matter.
    """
    known = memory.set_index("user_id")["group"]
    group = people["user_id"].map(known).astype("object")
    new = people[group.isna()]
    key = key_of(settings)
    hashes = shares_by_hash(key, settings.campaign, new["user_id"])
    order = new.assign(hash=hashes).sort_values(["stratum", "hash", "user_id"])
    place = order.groupby("stratum").cumcount()
    # One number for the stratum and the day decides about the fraction.
    strata = [f"{stratum} at {cutoff}" for stratum in order["stratum"]]
    size = order.groupby("stratum")["hash"].transform("size")
    allowed = np.floor(
        size * settings.holdout_share + shares_by_hash(key, settings.campaign, strata)
    )
    group.loc[order.index] = np.where(place < allowed, HOLDOUT, TREAT)
    return group


def remember(
    campaigns: Path, campaign: str, memory: pd.DataFrame, listed: pd.DataFrame, cutoff: str
) -> pd.DataFrame:
    """Write the memory with the listeners of today's list, and return it, by ``user_id``.

    A row is kept where contact was planned at another cutoff, or where it was written at a later
    one: a day that is run again rewrites its own rows and no others.
    """
    is_kept = (memory["is_planned"].astype(bool) & (memory["cutoff"] != cutoff)) | (
        memory["cutoff"].astype(str) > cutoff
    )
    is_out = ~memory["user_id"].isin(listed["user_id"])
    old = memory[is_kept | is_out]
    fresh = listed[~listed["user_id"].isin(old["user_id"])]
    rows = fresh.assign(cutoff=cutoff)[list(COLUMNS)]
    both = rows if old.empty else pd.concat([old[list(COLUMNS)], rows])
    both = both.sort_values("user_id", ignore_index=True)
    if both["user_id"].duplicated().any():
        raise ContractError("a listener is on the list twice", mend="pass one row per user_id")
    file = campaigns / campaign / GROUPS_FILE
    write_aside(file, lambda aside: both.to_parquet(aside, index=False))
    return both


def shares_by_hash(key: bytes, campaign: str, names: Iterable[object]) -> np.ndarray:
    """A number in [0, 1) for each name, as good as drawn, and the same every time.

    Who does not know the key cannot tell a listener's group from the id.
    """
    digests = [
        hmac.digest(key, f"{campaign}\x1f{name}".encode(), hashlib.sha256)[:8] for name in names
    ]
    numbers = np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)
    # 53 bits are what a float holds: with 64 the highest would be rounded up to 1.
    return (numbers >> np.uint64(11)).astype(np.float64) / 2.0**53


def key_of(settings: RetentionSettings) -> bytes:
    """The secret behind the hashes: of the environment, else of the settings, else none."""
    secret = os.environ.get(KEY_VARIABLE) or settings.holdout_key
    return (secret or "tenuto").encode()
