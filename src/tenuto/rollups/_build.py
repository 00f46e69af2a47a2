"""Building what is not yet built: one day of one rollup at a time, days side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import ibis
import ibis.expr.types as ir

from tenuto import engines, sources
from tenuto.engines import Engine
from tenuto.events.lake import Lake, put_file, stored_digest
from tenuto.record import digest_of, digest_of_file
from tenuto.rollups._catalogue import CATALOGUE
from tenuto.rollups._day import Day, last_profiles, usual_lengths, with_share_played
from tenuto.rollups._titles import sum_titles
from tenuto.workspace import Workspace

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class RollupSummary:
    """Which days there are, and how many had to be built."""

    days: list[date]
    n_days_built: int


def items_file(workspace: Workspace) -> Path:
    """Titles, artists and usual lengths of all items, for people to read."""
    return workspace.rollups / "items.parquet"


def users_file(workspace: Workspace) -> Path:
    """What the service knew of its users when it last saw them, for people to read."""
    return workspace.rollups / "users.parquet"


def build_rollups(workspace: Workspace, progress: Progress | None = None) -> RollupSummary:
    """Bring every rollup up to date with the lake; what is up to date is left alone."""
    lake, rollups = Lake(workspace.lake), Lake(workspace.rollups)
    days = lake.days("events")
    source = sources.opened(workspace.settings.source)
    members = members_for(source)
    with workspace.lock():
        n_threads = workspace.settings.engine.n_threads()
        sum_titles(lake, rollups, lambda: _open_engine(workspace), n_threads)
        wanted = _digests(workspace, lake, days)
        todo = [
            day for day in days if any(rollups.digest(name, day) != wanted[day] for name in members)
        ]
        _build_all(workspace, source, rollups, todo, wanted, progress)
        for name in CATALOGUE:
            kept_days = days if name in members else []
            rollups.keep_only(name, [rollups.path(name, day) for day in kept_days])
        _write_names(workspace, {"titles": rollups, "profiles": lake}, wanted)
    return RollupSummary(days, len(todo))


def _digests(workspace: Workspace, lake: Lake, days: list[date]) -> dict[date, str]:
    """What the rollups of each day depend on: its events, the titles up to it, and the code."""
    code = [digest_of_file(file) for file in sorted(Path(__file__).parent.glob("*.py"))]
    so_far: list = [workspace.settings.source.model_dump(exclude={"logs"}), *code]
    digests = {}
    # Titles stay where events of old days are removed: what later days are made of is the same.
    for day in sorted({*days, *lake.days("titles")}):
        so_far.append([stored_digest(file) for file in lake.files_of("titles", day)])
        if day not in days:
            continue
        events = [stored_digest(file) for file in lake.files_of("events", day)]
        digests[day] = digest_of([so_far, events])
    return digests


def members_for(source: Any) -> dict[str, ModuleType]:
    """The rollups that can be built of what ``source`` knows."""
    known = set(source.KNOWS)
    return {
        name: rollup
        for name, rollup in CATALOGUE.all().items()
        if set(getattr(rollup, "NEEDS", ())) <= known
    }


def _build_all(
    workspace: Workspace,
    source: Any,
    rollups: Lake,
    todo: list[date],
    digests: dict[date, str],
    progress: Progress | None,
) -> None:
    def open_builder() -> _Builder:
        return _Builder(_open_engine(workspace), Lake(workspace.lake), rollups, source)

    n_threads = workspace.settings.engine.n_threads()
    results = engines.run_side_by_side(
        open_builder, lambda builder, day: builder.build(day, digests[day]), todo, n_threads
    )
    for done, _ in enumerate(results, start=1):
        if progress is not None:
            progress(done, len(todo))


def _open_engine(workspace: Workspace) -> Engine:
    return engines.open_engine(workspace.settings.engine, workspace.scratch)


class _Builder:
    """Builds every rollup of a day; the expressions are the same for every day."""

    def __init__(self, engine: Engine, lake: Lake, rollups: Lake, source: Any):
        self.engine = engine
        self.lake = lake
        self.rollups = rollups
        self.source = source
        self.members = members_for(source)

    def build(self, day: date, digest: str) -> None:
        today = read_day(self.engine, self.lake, day, self.source, titles=self.rollups)
        for name, rollup in self.members.items():
            rows = rollup.build(today).order_by(list(rollup.KEY))
            self.rollups.put(name, day, "part", digest, self.engine, rows)

    def close(self) -> None:
        self.engine.close()


def read_day(engine: Engine, lake: Lake, day: date, source: Any, titles: Lake | None = None) -> Day:
    """One day of the lake, with the share of each song that was played.

    ``titles`` is where those of each day are summed (`sum_titles`); by default they are read as
    the lake has them, file by file, which gives the same. The tables have fixed names, so that a
    query for one day is compiled for all.
    """
    titles = titles or lake
    events = engine.read_parquet(lake.files_of("events", day), "events")
    tomorrow = day + timedelta(days=1)
    titles_so_far = engine.read_parquet(titles.files("titles", before=tomorrow), "titles_so_far")
    lacking = events.filter((events.action == "play") & events.length_s.isnull())
    needed = titles_so_far.semi_join(lacking, "item_id")
    lengths = engine.cache(usual_lengths(needed), "usual_lengths")
    counted = events.drop(*_uncounted(source))
    return Day(
        events=engine.cache(with_share_played(counted, lengths), "events_of_the_day"),
        titles=engine.read_parquet(titles.files_of("titles", day), "titles"),
        profiles=engine.read_parquet(lake.files_of("profiles", day), "profiles"),
        queries=engine.read_parquet(lake.files_of("queries", day), "queries"),
        actions=tuple(source.ACTIONS),
        knows=frozenset(source.KNOWS),
    )


def _uncounted(source: Any) -> list[str]:
    """Columns of events that no rollup counts: to read and keep them costs as much as a rollup."""
    sessions = [] if "session_id" in source.KNOWS else ["session_id"]
    return ["text", "source_file", "source_line", *sessions]


def _write_names(
    workspace: Workspace, tables_in: dict[str, Lake], digests: dict[date, str]
) -> None:
    digest = digest_of(digests)
    tables = (
        (items_file(workspace), "titles", items, "item_id"),
        (users_file(workspace), "profiles", users, "user_id"),
    )
    for target, table, build, key in tables:
        if digests and not (target.exists() and stored_digest(target) == digest):
            with _open_engine(workspace) as engine:
                rows = build(engine.read_parquet(tables_in[table].files(table))).order_by(key)
                put_file(engine, target, rows, digest)


def users(profiles: ir.Table) -> ir.Table:
    """One row per user of whom the service knows anything, as it last saw them."""
    seen = profiles.group_by(seen_user="user_id").agg(
        first_day=lambda rows: rows.day.min(), last_day=lambda rows: rows.day.max()
    )
    joined = last_profiles(profiles).inner_join(seen, [("user_id", "seen_user")])
    return joined.drop("day", "seen_user")


def items(titles: ir.Table) -> ir.Table:
    """One row per item: its usual title, artist and length, first and last day seen.

    The usual name is the one most events carry; a tie goes to the first in the alphabet.
    """
    named = titles.group_by(["item_id", "title", "artist"]).agg(n=lambda rows: rows.n_events.sum())
    best = ibis.window(
        group_by="item_id",
        order_by=[
            named.title.isnull(),
            ibis.desc("n"),
            ibis.asc("title"),
            ibis.asc("artist"),
        ],
    )
    names = named.mutate(rank=ibis.row_number().over(best))
    names = names.filter(names["rank"] == 0).select("item_id", "title", "artist")
    seen = titles.group_by("item_id").agg(
        first_day=lambda rows: rows.day.min(), last_day=lambda rows: rows.day.max()
    )
    lengths = usual_lengths(titles).select(length_item="item_id", length_s="usual_length_s")
    joined = names.inner_join(seen, "item_id").left_join(lengths, [("item_id", "length_item")])
    return joined.select("item_id", "title", "artist", "length_s", "first_day", "last_day")
