"""Whose outcomes may be counted: where a campaign ran, only those held out of it.

An offer that works keeps listeners of whom the model said, rightly, that they would leave; on
them the model would look worse the better the campaign was (churn.md §4.6). A campaign has run
when its list was exported: every run plans one, and most plans are never sent.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pandas as pd

from tenuto.record import digest_of_file

GROUPS_FILE, EXPORTED_FILE = "groups.parquet", "exported.parquet"


def group_files(root: Path) -> list[Path]:
    """The groups of every campaign of a workspace whose list was exported."""
    sent = sorted((root / "campaigns").glob(f"*/{EXPORTED_FILE}"))
    return [file.parent / GROUPS_FILE for file in sent if (file.parent / GROUPS_FILE).exists()]


def groups_digest(root: Path) -> list[str]:
    """What the choice depends on."""
    return [digest_of_file(file) for file in group_files(root)]


def held_out(root: Path, closes_on: date) -> set | None:
    """The listeners held out of campaigns that began before ``closes_on``, and contacted by none.

    None where there was no such campaign: then everybody counts. Who is in no group is not
    among them, nor who was drawn to be contacted and then not planned for: whom a campaign
    passes over was chosen by value, not by lot.
    """
    alone: set = set()
    contacted: set = set()
    for file in group_files(root):
        groups = pd.read_parquet(file)
        began = groups[pd.to_datetime(groups["cutoff"]) < pd.Timestamp(closes_on)]
        is_alone = began["group"].map(_is_held_out).astype(bool)
        alone |= set(began.loc[is_alone, "user_id"])
        was_sent = began["contacted"].astype(bool) if "contacted" in began else ~is_alone
        contacted |= set(began.loc[was_sent & ~is_alone, "user_id"])
    return alone - contacted if contacted else None


def _is_held_out(group: str) -> bool:
    return re.sub(r"[^a-z]", "", str(group).lower()) == "holdout"
