"""What goes to the CRM: the contacted, new or changed, in files that it takes.

A campaign remembers in ``campaigns/NAME/exported.parquet`` what was last sent of each listener,
since a CRM charges for each attribute that is written again. What moves every day, such as the
probability in its last digits, is no change; a row goes out again when the action, the band, a
reason or a song is another one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.actions._choice import LEAVE_ALONE
from tenuto.errors import NotEnoughData
from tenuto.privacy import write_csv
from tenuto.record import digest_of, write_aside

EXPORTED_FILE = "exported.parquet"
#: Rows per CSV: under 500 MB with five songs and three sentences a row.
ROWS_PER_FILE = 500_000
#: Column of the list -> its name in the file.
NAMES = {
    "user_id": "external_id",
    "as_of": "as_of",
    "horizon_days": "horizon_days",
    "probability": "churn_probability",
    "band": "risk_band",
    "rank": "rank",
    "action": "recommended_action",
    "expected_value": "expected_value",
    "group": "group",
    "campaign": "campaign_id",
    "model_version": "model_version",
}
_DIGITS = {"churn_probability": 4, "expected_value": 2}


@dataclass(frozen=True)
class Exported:
    """Where the rows went, and how many.

    n_rows : rows written, ``n_withdrawn`` of them of listeners who are to be left alone now
    n_unchanged : contacted, but sent before as they are
    n_held_out : of those planned, not in the files unless asked for
    """

    files: tuple[Path, ...]
    parquet: Path
    n_rows: int
    n_withdrawn: int
    n_unchanged: int
    n_held_out: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def export(
    listed: pd.DataFrame,
    campaigns: Path,
    file: Path,
    *,
    only_changed: bool = False,
    with_holdout: bool = False,
    rows_per_file: int = ROWS_PER_FILE,
) -> Exported:
    """Write the contacted of a call list to ``file``, and the same rows as Parquet beside it.

    Parameters
    ----------
    listed : a call list, see ``_call_list.py``
    only_changed : leave out who was sent before with the same action, band, reasons and songs;
        and add who was sent before and is not to be contacted now, with ``leave_alone``
    with_holdout : also those held out, for a CRM that keeps the groups itself
    rows_per_file : more rows make files of their own: list-1.csv, list-2.csv, …

    Raises
    ------
    NotEnoughData : if nobody is on the list
    """
    if listed.empty:
        raise NotEnoughData("nobody is on the call list", mend="take another cutoff")
    campaign = str(listed["campaign"].iloc[0])
    is_asked = listed["is_planned"] if with_holdout else listed["contacted"]
    current = _as_sent(listed[is_asked])
    sent = _digests(current)
    memory = campaigns / campaign / EXPORTED_FILE
    before = _read(memory)
    is_new = sent["digest"] != sent["user_id"].map(before)
    rows, withdrawn = current, current.head(0)
    if only_changed:
        withdrawn = _withdrawn(listed, before, sent)
        rows = pd.concat([current[is_new.to_numpy()], withdrawn], ignore_index=True)
    files = _write(rows, file, rows_per_file)
    parquet = file.with_suffix(".parquet")
    write_aside(parquet, lambda aside: rows.to_parquet(aside, index=False))
    write_aside(memory, lambda aside: sent.to_parquet(aside, index=False))
    return Exported(
        files=tuple(files),
        parquet=parquet,
        n_rows=len(rows),
        n_withdrawn=len(withdrawn),
        n_unchanged=len(current) - int(is_new.sum()) if only_changed else 0,
        n_held_out=int((listed["is_planned"] & ~listed["contacted"]).sum()),
    )


def _as_sent(listed: pd.DataFrame) -> pd.DataFrame:
    """The columns of the file under its names, songs and reasons as they are called."""
    more = [name for name in listed if str(name).startswith(("reason_", "song_"))]
    found = listed[[*NAMES, *more]].rename(columns=NAMES)
    return found.round(_DIGITS).reset_index(drop=True)


def _digests(rows: pd.DataFrame) -> pd.DataFrame:
    # The sentence of a reason has numbers that move from day to day; its code says which it is.
    more = [name for name in map(str, rows) if name.startswith(("reason_", "song_"))]
    compared = ["risk_band", "recommended_action", "group"]
    compared += [name for name in more if not name.endswith("_text")]
    values = rows[compared].astype("object").where(rows[compared].notna(), None)
    digests = [digest_of(list(row))[:16] for row in values.itertuples(index=False)]
    return pd.DataFrame({"user_id": rows["external_id"], "digest": digests})


def _read(memory: Path) -> pd.Series:
    if not memory.exists():
        return pd.Series(dtype="object")
    return pd.read_parquet(memory).set_index("user_id")["digest"]


def _withdrawn(listed: pd.DataFrame, before: pd.Series, sent: pd.DataFrame) -> pd.DataFrame:
    """Who was sent before and is not now: the CRM would contact them still."""
    gone = before.index[~before.index.isin(sent["user_id"])].sort_values()
    one = listed.iloc[0]
    return pd.DataFrame(
        {
            "external_id": gone,
            "as_of": one["as_of"],
            "recommended_action": LEAVE_ALONE,
            "campaign_id": one["campaign"],
        }
    )


def _write(rows: pd.DataFrame, file: Path, rows_per_file: int) -> list[Path]:
    n_files = max(1, -(-len(rows) // rows_per_file))
    if n_files == 1:
        write_csv(rows, file)
        return [file]
    files = [file.with_name(f"{file.stem}-{at}{file.suffix}") for at in range(1, n_files + 1)]
    for at, part in enumerate(files):
        write_csv(rows.iloc[at * rows_per_file : (at + 1) * rows_per_file], part)
    return files
