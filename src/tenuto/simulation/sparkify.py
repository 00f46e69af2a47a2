"""Sparkify: a subscription service with two plans, page by page, as JSON lines.

    {"ts":1538352394000,"userId":"93","sessionId":30,"page":"NextSong","auth":"Logged In", …}

One file per day, ``log_data/2018/10/2018-10-01-events.json.gz``, in the 18 fields of the
published logs (section 2.5 of the reference). Who cancels and when is in ``_accounts``, who
the listeners are in ``_subscribers``, what they do in ``_sittings`` and ``_visits``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tenuto.errors import SettingsError, WorkspaceError
from tenuto.simulation import _accounts
from tenuto.simulation._accounts import Accounts
from tenuto.simulation._campaign import Contacts
from tenuto.simulation._campaign_accounts import contacted
from tenuto.simulation._pages import PAGES
from tenuto.simulation._sittings import DAY_S, Service, places_of, sittings_of
from tenuto.simulation._subscribers import make_subscribers, subscribers_table
from tenuto.simulation._subscription_lines import Lines
from tenuto.simulation._subscription_model import DAYS, FIRST_DAY, SubscriptionModel
from tenuto.simulation._tastes import Tastes
from tenuto.simulation._visits import Events, events_of
from tenuto.simulation._western_songs import make_western_songs

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
    sign_up_days: int = DAYS,
    logged_out_id: str = "",
    contacts: Contacts | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write ``days`` days of raw logs to ``out/log_data`` and the truth to ``out/truth``.

    Parameters
    ----------
    out : folder, made if needed; must not hold logs yet
    listeners : people with an account at the start and those who sign up later, together
    days : log days from 2018-10-01; the listeners do not depend on it
    packed : ``.json.gz``, else plain ``.json``
    dirt : encode some names twice
    file_faults : write some days as an export through a data frame (see ``_json_lines``)
    sign_up_days : days over which the new listeners' sign-ups are spread; a longer log has none
        after them
    logged_out_id : the user of logged-out and guest rows, such as "1261737": in some exports
        all of them have one id (K43)
    contacts : a campaign; days before it are the same bytes as without it
    progress : called with (days done, days in all) after each day

    Returns
    -------
    The truth's folder: ``listeners.parquet`` (one row per listener), ``plans.parquet``,
    ``drifts.parquet``, ``cancellations.parquet``, ``user_days.parquet`` (events per listener and
    day, logged-out ones left out) and ``model.toml``; with a campaign ``persuasion.parquet``.

    Raises
    ------
    SettingsError : if ``listeners``, ``days`` or ``sign_up_days`` is below 1, ``seed`` below 0, or
        the campaign is outside the log or about strangers
    WorkspaceError : if ``out`` is a file or already holds logs
    """
    _check(out, {"listeners": listeners, "days": days, "sign_up_days": sign_up_days}, seed)
    contact_day = contacts.day_number(FIRST_DAY, days) if contacts else None
    truth = out / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    service = make_service(SubscriptionModel(), listeners, sign_up_days, seed)
    _write_people(truth, service)
    lines = Lines(out / "log_data", service, seed, packed, dirt, file_faults, logged_out_id)

    def before(day: int) -> None:
        if contacts is not None and day == contact_day:
            service.accounts = contacted(service.accounts, contacts, day, seed, truth)

    with pq.ParquetWriter(truth / "user_days.parquet", USER_DAYS) as user_days:
        for day, events in enumerate(_days(service, days, seed, before)):
            lines.write(day, events)
            user_days.write_table(_user_days(service, day, events))
            if progress is not None:
                progress(day + 1, days)
    _write_histories(truth, service.accounts, days)
    return truth


def make_service(model: SubscriptionModel, listeners: int, sign_up_days: int, seed: int) -> Service:
    """Draw catalogue, listeners and tastes; they depend on these arguments alone."""
    songs = make_western_songs(listeners, np.random.default_rng([seed, 1]))
    people = make_subscribers(model, listeners, sign_up_days, np.random.default_rng([seed, 2]))
    first_sessions = np.random.default_rng([seed, 4]).integers(0, 2 * listeners, listeners)
    return Service(
        model=model,
        people=people,
        accounts=Accounts(model, people),
        songs=songs,
        tastes=Tastes(songs, listeners, np.random.default_rng([seed, 3])),
        busy_until=np.full(listeners, -DAY_S, dtype=np.int64),
        session_id=first_sessions,
        is_logged_out=np.zeros(listeners, dtype=bool),
    )


def _days(
    service: Service, days: int, seed: int, before: Callable[[int], None]
) -> Iterator[Events]:
    """The events of each day by the clock; who sits on past midnight is on both days.

    ``before`` is called with each day before anything happens on it.
    """
    left_over: Events | None = None
    for day in range(days):
        before(day)
        rng = np.random.default_rng([seed, 10, day])
        sittings = sittings_of(service, day, rng)
        events = events_of(service, sittings, places_of(service, sittings, rng), rng)
        if left_over is not None:
            events = left_over.followed_by(events)
        is_later = events.second >= (day + 1) * DAY_S
        left_over = events.take(is_later)
        today = events.take(~is_later)
        yield today.take(np.argsort(today.second, kind="stable"))


def _check(out: Path, numbers: dict[str, int], seed: int) -> None:
    for name, value, least in (*((*each, 1) for each in numbers.items()), ("seed", seed, 0)):
        if value < least:
            raise SettingsError(f"{name} is {value}", mend=f"use {least} or more")
    if out.exists() and not out.is_dir():
        raise WorkspaceError(f"{out} is not a folder", mend="name a new or an empty folder")
    if any(out.rglob("*-events.json*")):
        raise WorkspaceError(f"{out} already holds logs", mend="name a new or an empty folder")


def _write_people(truth: Path, service: Service) -> None:
    service.model.save(truth / "model.toml")
    table = subscribers_table(service.people)
    for rank, genre in enumerate(service.tastes.tastes.T, start=1):
        table[f"taste_{rank}"] = genre
    table.to_parquet(truth / "listeners.parquet", index=False)


def _write_histories(truth: Path, accounts: Accounts, days: int) -> None:
    for name, table in (
        ("plans", _accounts.plans_table(accounts, days)),
        ("drifts", _accounts.drifts_table(accounts)),
        ("cancellations", _accounts.cancellations_table(accounts)),
    ):
        table.to_parquet(truth / f"{name}.parquet", index=False)


def _user_days(service: Service, day: int, events: Events) -> pa.Table:
    has_user = np.array([page.has_user for page in PAGES])[events.page]
    row, n_events = np.unique(events.row[has_user], return_counts=True)
    when = FIRST_DAY + timedelta(days=day)
    table = pd.DataFrame(
        {"user_id": service.people.user_id[row], "day": when, "n_events": n_events}
    )
    return pa.Table.from_pandas(table, USER_DAYS, preserve_index=False)
