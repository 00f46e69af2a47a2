"""Music Box: three cohorts of new listeners from their first day on, as raw logs.

    168000001  ar  298250  0  Invented Song  Invented Singer  189  190  0

One file per day, part and kind, ``20170330_3_play.log.tar.gz``: tab-separated, UTF-8, no
header (section 2.1 to 2.3 of the reference). The parts are the listeners who signed up on
2017-03-28, 29 and 30; the logs begin on the 30th. The people and their habits are in
``_model`` and ``_listeners``, what they do in ``_day``, what is wrong with the logs on
purpose in ``_dirt`` (rows) and ``_faults`` (files).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tenuto.errors import SettingsError, WorkspaceError
from tenuto.simulation._activity import Activity
from tenuto.simulation._campaign import Contacts, leaving_days, write_persuasion
from tenuto.simulation._day import World, make_world, one_day
from tenuto.simulation._files import LogFile, LogFolder
from tenuto.simulation._listeners import listeners_table
from tenuto.simulation._model import FIRST_DAY, POPULATION

DAYS = 44
USER_DAYS = pa.schema([("user_id", pa.int64()), ("day", pa.date32()), ("n_events", pa.int32())])
Progress = Callable[[int, int], None]


def simulate(
    out: Path,
    *,
    listeners: int,
    days: int = DAYS,
    seed: int = 0,
    packed: bool = True,
    dirt: bool = True,
    file_faults: bool = True,
    contacts: Contacts | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write ``days`` days of raw logs to ``out`` and the truth to ``out/truth``.

    Parameters
    ----------
    out : folder, made if needed; must not hold logs yet
    listeners : people who are with the service on the first log day; a few never show up
    days : log days from 2017-03-30; the listeners do not depend on it
    packed : ``.log.tar.gz`` as the service delivers, else plain ``.log``
    dirt : spoil rows at the real rates
    file_faults : lose, cut and copy whole files on the real days
    contacts : a campaign; days before it are the same bytes as without it
    progress : called with (days done, days in all) after each day

    Returns
    -------
    The truth's folder: ``listeners.parquet`` (one row per listener), ``user_days.parquet``
    (true events per listener and day, before dirt and faults) and ``model.json``; with a
    campaign also ``persuasion.parquet``, while ``listeners.parquet`` says what they would do
    without it.

    Raises
    ------
    SettingsError : if ``listeners`` or ``days`` is below 1, ``seed`` below 0, or the campaign is
        outside the log or about strangers
    WorkspaceError : if ``out`` is a file or already holds logs
    """
    _check(out, listeners, days, seed)
    contact_day = contacts.day_number(FIRST_DAY, days) if contacts else None
    truth = out / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    folder = LogFolder(out, days, packed, dirt, file_faults)
    world = make_world(POPULATION, listeners, seed)
    _write_truth(truth, world)
    with pq.ParquetWriter(truth / "user_days.parquet", USER_DAYS) as user_days:
        for day in range(days):
            if contacts is not None and day == contact_day:
                _contact(truth, world, contacts, day)
            for part in world.model.sign_up_days:
                activity, logs = one_day(world, part, day)
                user_days.write_table(_user_days(world, activity, day))
                for kind, events in logs.items():
                    LogFile(folder, day, part, kind).write(world, events)
            if progress is not None:
                progress(day + 1, days)
    return truth


def _check(out: Path, listeners: int, days: int, seed: int) -> None:
    for name, value, least in (("listeners", listeners, 1), ("days", days, 1), ("seed", seed, 0)):
        if value < least:
            raise SettingsError(f"{name} is {value}", mend=f"use {least} or more")
    if out.exists() and not out.is_dir():
        raise WorkspaceError(f"{out} is not a folder", mend="name a new or an empty folder")
    if any(out.glob("*.log*")):
        raise WorkspaceError(f"{out} already holds logs", mend="name a new or an empty folder")


def _write_truth(truth: Path, world: World) -> None:
    world.model.save(truth / "model.json")
    table = listeners_table(world.model, world.listeners, world.listening.tastes)
    table.to_parquet(truth / "listeners.parquet", index=False)


def _contact(truth: Path, world: World, contacts: Contacts, day: int) -> None:
    """From now on who was contacted leaves when contact says."""
    listeners = world.listeners
    is_contacted = contacts.places(listeners.user_id)
    without, with_contact = leaving_days(world, contacts, day)
    write_persuasion(truth, listeners.user_id, is_contacted, (without, with_contact), day)
    listeners.leaving_day = np.where(is_contacted, with_contact, without)


def _user_days(world: World, activity: Activity, day: int) -> pa.Table:
    table = pd.DataFrame(
        {
            "user_id": world.listeners.user_id[activity.row],
            "day": FIRST_DAY + timedelta(days=day),
            "n_events": activity.n_events(),
        }
    )
    return pa.Table.from_pandas(table, USER_DAYS, preserve_index=False)
