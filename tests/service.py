"""A small service for tests of the upper rooms: invented listeners, or a handful of events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import tomli_w

from conftest import day_of, event, workspace_over
from tenuto.engines import Engine
from tenuto.events.actions import ITEM_ACTIONS
from tenuto.events.lake import Lake
from tenuto.features import build_features
from tenuto.ingest import ingest
from tenuto.rollups import Day, build_rollups
from tenuto.rollups._build import members_for
from tenuto.simulation.musicbox import simulate
from tenuto.sources import musicbox
from tenuto.timeline import Timeline, listeners
from tenuto.workspace import Workspace

CUTOFF = date(2017, 4, 29)
ANN, BOB, EVE = 1, 2, 3


# A handful of events, by how long before the cutoff they were.


def played(user: int, ago: int = 1, *, seconds=200.0, length=200.0, item=7, **others) -> dict:
    """A play ``ago`` days before the cutoff; 0 is the day of the cutoff, the future."""
    return event(user, "play", item, seconds, length, day=day_before(ago), **others)


def did(user: int, action: str, ago: int = 1, **others) -> dict:
    """A download (of item 7), a search (of nothing) or the like."""
    item = 7 if action in ITEM_ACTIONS else None
    return event(user, action, item, day=day_before(ago), **others)


def day_before(ago: int) -> date:
    return CUTOFF - timedelta(days=ago)


def timeline_of(
    engine: Engine, folder: Path, events: Iterable[dict], *days_of_log: date, source: Any = musicbox
) -> Timeline:
    """A timeline over the real sums of ``events``; ``days_of_log`` are there even if empty.

    ``source`` says what is known of events at all, and so which sums there are.

    All days are summed at once, so that an unknown length is that of the item on any day.
    """
    events, lake = list(events), Lake(folder)
    days = {*days_of_log, *(row["day"] for row in events)}
    log = day_of(engine, events, source=source)
    for name, rollup in members_for(source).items():
        rows = engine.to_arrow(rollup.build(log).order_by(list(rollup.KEY)))
        if name == "user_profile_days":
            rows = _day_by_day(engine, rollup, log, rows)
        for day in days:
            of_day = rows.filter(pc.equal(rows["day"], pa.scalar(day)))
            lake.path(name, day).parent.mkdir(parents=True, exist_ok=True)
            described = of_day.replace_schema_metadata({"tenuto.inputs": f"{name} of {day}"})
            pq.write_table(described, lake.path(name, day))
    return Timeline(lake, source.PRECISION)


def _day_by_day(engine: Engine, rollup: Any, log: Day, none: pa.Table) -> pa.Table:
    """The sums of a rollup in which the last event of a user on a day counts."""
    profiles = engine.to_arrow(log.profiles)
    parts = [none.slice(0, 0)]
    for day in pc.unique(profiles["day"]):
        of_day = profiles.filter(pc.equal(profiles["day"], day))
        told = engine.from_arrow(of_day, "profiles_of_a_day")
        parts.append(engine.to_arrow(rollup.build(replace(log, profiles=told))))
    return pa.concat_tables(parts)


def features_at(engine: Engine, timeline: Timeline, cutoff: date = CUTOFF, **options):
    """All features of everybody seen before ``cutoff``, robots too, indexed by ``user_id``."""
    past = timeline.past(engine, cutoff)
    built = build_features(past, listeners(past), **options)
    return frame(engine, built.table).set_index("user_id").sort_index()


def frame(engine: Engine, table) -> pd.DataFrame:
    """The rows of an Ibis table."""
    return engine.to_arrow(table).to_pandas()


# Invented listeners.


def a_town(*, n_listeners: int, first_ago: int, last_ago: int, seed: int = 0) -> list[dict]:
    """What listeners with habits of their own do from ``first_ago`` days before the cutoff on.

    Each is active with a chance of his or her own on each day, and leaves for good on one of
    them with a chance of 3 % a day; who seldom comes is told from who has left by habit alone.
    """
    rng = np.random.default_rng(seed)
    events = []
    for user in range(1, n_listeners + 1):
        chance, n_songs = rng.beta(1, 3), 1 + rng.poisson(2)
        leaves_ago = first_ago - rng.geometric(0.03)
        for ago in range(first_ago, max(last_ago - 1, leaves_ago), -1):
            if rng.random() < chance or ago == first_ago:
                seconds = rng.choice([0.0, 60.0, 200.0], n_songs)
                events += [played(user, ago, seconds=s, device="android") for s in seconds]
    return events


def simulated(folder: Path, *, listeners: int, days: int = 44, **options) -> Workspace:
    """A workspace over ``listeners`` invented listeners in ``folder``, not yet ingested."""
    simulate(folder / "logs", listeners=listeners, days=days, **{"packed": False, **options})
    return workspace_over(folder / "logs", folder / "workspace")


def summed(workspace: Workspace) -> Timeline:
    """The timeline of ``workspace``, with all its logs read and summed."""
    ingest(workspace)
    build_rollups(workspace)
    return Timeline(Lake(workspace.rollups))


def keep_part(logs: Path, part: int) -> Path:
    """Remove the logs of all cohorts but one: a third of the files, and of the time."""
    for file in logs.glob("*.log*"):
        if f"_{part}_" not in file.name:
            file.unlink()
    return logs


def settle(workspace: Workspace, settings: dict[str, dict]) -> Workspace:
    """``workspace`` with other settings, by section, written to its file."""
    known = workspace.settings.model_dump(mode="json")
    merged = {
        name: {**value, **settings.get(name, {})} if isinstance(value, dict) else value
        for name, value in known.items()
    }
    workspace.settings_file.write_text(tomli_w.dumps(merged), "utf-8")
    return Workspace(workspace.root)
