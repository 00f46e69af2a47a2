"""A log that knows whatever there is to be known, for tests of features."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from conftest import ALL_KNOWING
from service import day_before, did, played, timeline_of
from tenuto.engines import Engine
from tenuto.events import schema
from tenuto.events.actions import ACTIONS, ITEM_ACTIONS
from tenuto.events.lake import Lake
from tenuto.timeline import Timeline

N_USERS, N_EVENTS = 12, 1500
SEARCHES_ONLY, WITHOUT_PLAN, WITHOUT_REGISTRATION = N_USERS, 5, 3
_PROFILES = "user_profile_days"
# How often what is done, but for plays.
_SELDOM = [action for action in ACTIONS if action not in ("play", "cancel")]
_SELDOM += 3 * ["download", "search", "like", "dislike", "advert"]


def log_of(engine: Engine, folder: Path, events: Iterable[dict], source=ALL_KNOWING) -> Timeline:
    """`timeline_of` for a source with profiles, with all days summed at once: quicker.

    A profile is taken from the event itself, so it is the same all day.
    """
    events = list(events)
    rest = {name: getattr(source, name) for name in ("PRECISION", "USER_ID", "ITEM_ID", "ACTIONS")}
    knows = tuple(fact for fact in source.KNOWS if fact not in schema.PROFILE)
    timeline = timeline_of(engine, folder, events, source=SimpleNamespace(**rest, KNOWS=knows))
    told = {(row["user_id"], row["day"]): row for row in events}
    columns = pa.schema([("user_id", pa.int64()), ("day", pa.date32()), *schema.PROFILE.items()])
    rows = pa.Table.from_pylist([told[key] for key in sorted(told)], columns)
    for day in {row["day"] for row in events}:
        path = timeline.rollups.path(_PROFILES, day)
        path.parent.mkdir(parents=True, exist_ok=True)
        of_day = rows.filter(pc.equal(rows["day"], pa.scalar(day)))
        pq.write_table(of_day.replace_schema_metadata({"tenuto.inputs": f"{day}"}), path)
    return timeline


def part_of(timeline: Timeline, folder: Path, days: Iterable[date], *more: Timeline) -> Timeline:
    """The log of ``days`` alone, and the days of ``more`` beside it."""
    wanted = set(days)
    files = [
        file
        for other in (timeline, *more)
        for file in other.rollups.root.glob("*/day=*/part.parquet")
        if other is not timeline or date.fromisoformat(file.parent.name[4:]) in wanted
    ]
    for file in files:
        target = folder / file.parent.parent.name / file.parent.name / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, target)
    return Timeline(Lake(folder), timeline.precision)


def at(day: date, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    """A clock on a day."""
    return datetime.combine(day, time(hour, minute, second))


def some_events(seed: int = 0) -> list[dict]:
    """Some 1500 events of twelve listeners on 44 days, each listener at a rate of their own.

    Lengths, seconds, songs, devices, plans and registrations are unknown now and then. Listener
    12 only searches, the even ones have mostly one kind of phone and the odd ones mostly the
    other; sessions of the odd ones run over midnight, and nobody cancels.
    """
    rng = np.random.default_rng(seed)
    rates = rng.dirichlet(np.full(N_USERS, 2.0))
    users = rng.choice(N_USERS, N_EVENTS, p=rates) + 1
    known = [_some_event(rng, int(user)) for user in users]
    return [*known, {**did(SEARCHES_ONLY, "search", 30), **_known(rng, SEARCHES_ONLY, 30)}]


def _some_event(rng: np.random.Generator, user: int) -> dict:
    ago = int(rng.integers(-13, 31))
    known = _known(rng, user, ago)
    if user == SEARCHES_ONLY or rng.random() < 0.45:
        action = "search" if user == SEARCHES_ONLY else str(rng.choice(_SELDOM))
        named = {} if action in ITEM_ACTIONS else {"item_id": None}
        return {**did(user, action, ago), **known, **named}
    item = None if rng.random() < 0.2 else int(rng.integers(7, 12))
    length = None if rng.random() < 0.2 else 200.0
    seconds = rng.choice([None, 0, 50, 90, 130, 200, 210])
    event = played(user, ago, seconds=seconds, length=length, item=item)
    return {**event, **known, "artist": f"Singer {(item or 0) // 2}"}


def _known(rng: np.random.Generator, user: int, ago: int) -> dict:
    """What is known beside the action: clock, session, device, plan and profile."""
    phones = ("android", "iphone") if user % 2 else ("iphone", "android")
    is_paid = None if user == WITHOUT_PLAN else bool((ago + user) // 9 % 2)
    hour, minute = int(rng.integers(0, 24)), int(rng.integers(0, 60))
    has_registered = user != WITHOUT_REGISTRATION
    return {
        "timestamp": at(day_before(ago), hour, minute, int(rng.integers(0, 60))),
        "session_id": str(ago // 2) if user % 2 else f"{ago} {hour // 8}",
        "device": rng.choice([None, *phones], p=[0.1, 0.8, 0.1]),
        "is_paid": is_paid,
        "plan": None if is_paid is None else "paid" if is_paid else "free",
        "registered": at(day_before(32 + 9 * user)) if has_registered else None,
        "gender": "F" if user % 2 else "M",
    }
