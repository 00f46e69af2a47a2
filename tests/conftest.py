"""Shared by all tests: tiny raw logs, workspaces over them, and the engines."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, settings

from spark_cluster import driver_settings, needs_spark
from tenuto import engines, rollups
from tenuto.catalogue import Catalogue
from tenuto.errors import EngineError
from tenuto.events import schema
from tenuto.events.actions import ACTIONS
from tenuto.events.lake import Lake
from tenuto.ingest._file import Porter
from tenuto.rollups._day import Day, usual_lengths, with_share_played
from tenuto.settings import IngestSettings
from tenuto.sources import RawFile, musicbox
from tenuto.sources._contract import FACTS
from tenuto.workspace import Workspace

# On a busy machine even tiny examples are slow to draw.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

#: Beside the checkout, where they are present at all; never copied into the project.
REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
#: In the environment: where tests on Spark run, where it is not in their own process.
SPARK_URL = "TENUTO_TEST_SPARK_URL"
FIRST_DAY = date(2017, 3, 30)
CLOCK = "2017-03-30 00:00:11"
#: A source that can tell whatever there is to be told.
ALL_KNOWING = SimpleNamespace(
    PRECISION="second", USER_ID="int64", ITEM_ID="int64", ACTIONS=tuple(ACTIONS), KNOWS=FACTS
)


def pytest_collection_modifyitems(items) -> None:
    """Tests on real data are skipped where the data are absent."""
    absent = pytest.mark.skip(reason=f"no real data in {REAL_DATA.name} beside the checkout")
    for item in items:
        if item.get_closest_marker("real_data") and not REAL_DATA.is_dir():
            item.add_marker(absent)


# Raw lines, sound unless told otherwise.


def play(
    user=168000001,
    item=298250,
    played=189,
    length=190,
    *,
    device="ar",
    item_type=0,
    title="See You Again",
    artist="Miley Cyrus",
    paid=0,
) -> str:
    """One line of a Music Box play log."""
    fields = (user, device, item, item_type, title, artist, played, length, paid)
    return "\t".join(map(str, fields))


def download(
    user=168000001, item=298250, *, device="ar", title="See You Again", artist="Miley Cyrus", paid=0
) -> str:
    """One line of a Music Box download log."""
    return "\t".join(map(str, (user, device, item, title, artist, paid)))


def search(user=168000001, clock=CLOCK, query="See+You+Again", *, device="ar") -> str:
    """One line of a Music Box search log; ``query`` as it is sent, URL-encoded."""
    return "\t".join(map(str, (user, device, clock, query)))


def log(folder: Path, name: str, *lines: str) -> Path:
    """A raw log of ``lines`` called ``name``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes("".join(line + "\n" for line in lines).encode())
    return path


def musicbox_logs(
    folder: Path,
    days: int = 1,
    rows: int = 3,
    *,
    first_day: date = FIRST_DAY,
    parts: tuple[int, ...] = (3,),
    kinds: tuple[str, ...] = ("play", "down", "search"),
) -> Path:
    """Sound logs: ``rows`` different lines in each file of each day, part and kind.

    Row ``n`` is by user 168000001 + n, about item 100 + n; on day ``d`` (from 0) a play of
    n + d + 1 seconds of a song of 200.
    """
    for since in range(days):
        day = first_day + timedelta(days=since)
        for part in parts:
            for kind in kinds:
                lines = [_sound_line(kind, day, since, n) for n in range(rows)]
                log(folder, f"{day:%Y%m%d}_{part}_{kind}.log", *lines)
    return folder


def _sound_line(kind: str, day: date, since: int, n: int) -> str:
    user, item, title = 168000001 + n, 100 + n, f"Song {100 + n}"
    if kind == "play":
        return play(user, item, n + since + 1, 200, title=title)
    if kind == "down":
        return download(user, item, title=title)
    return search(user, f"{day} 00:{n % 60:02d}:11", f"song+{100 + n}")


def raw_file(kind: str, day: date = FIRST_DAY) -> RawFile:
    """A Music Box log of part 3, as it is found in a folder."""
    key = f"{day:%Y%m%d}_3_{kind}"
    return RawFile(Path(f"{key}.log"), key, kind, "3", day)


def cleaned(
    engine: engines.Engine, lines: pa.Table, file: RawFile, source: Any = musicbox
) -> pd.DataFrame:
    """The records that come of ``lines`` (see `LineReader`), set aside or not, in order."""
    plan = porter(engine, source).cleaner.clean(lines, file).plan
    records = engine.cache(plan.cleaned, "cleaned")
    table = engine.to_arrow(records.order_by("source_line"))
    return table.to_pandas(types_mapper=nullable_ids)


def porter(engine: engines.Engine, source: Any = musicbox) -> Porter:
    """Cleans the logs of ``source`` and stores nothing."""
    nowhere = Path("nowhere")
    return Porter(engine, source, Lake(nowhere), nowhere, IngestSettings())


# Workspaces and what is in them.


@pytest.fixture
def logs(tmp_path) -> Path:
    """An empty folder for raw logs."""
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@pytest.fixture
def workspace(tmp_path, logs) -> Workspace:
    """A new workspace over ``logs``, on one thread."""
    return workspace_over(logs, tmp_path / "workspace")


def workspace_over(logs: Path, root: Path, source: str = "musicbox") -> Workspace:
    """A workspace over ``logs`` in ``root``, on one thread."""
    made = Workspace.create(root, source=source, logs=logs)
    made.settings.engine.threads = 1
    return made


def events_of(workspace: Workspace) -> pd.DataFrame:
    """All events, in the order of the raw files."""
    events = read_all(Lake(workspace.lake).files("events"))
    return events.sort_values(["source_file", "source_line"], ignore_index=True)


def set_aside_of(workspace: Workspace) -> pd.DataFrame:
    """All records that were set aside, in the order of the raw files."""
    return read_all(sorted((workspace.audit / "set_aside").glob("*.parquet")))


def rollup_of(workspace: Workspace, name: str) -> pd.DataFrame:
    """All rows of a rollup, in the order of its days."""
    return read_all(Lake(workspace.rollups).files(name))


def read_all(files: list[Path]) -> pd.DataFrame:
    """The rows of several Parquet files; ids with blanks stay whole numbers."""
    if not files:
        return pd.DataFrame()
    tables = [pq.read_table(file, partitioning=None) for file in files]
    return pa.concat_tables(tables).to_pandas(types_mapper=nullable_ids)


def nullable_ids(kind: pa.DataType):
    """For ``to_pandas``: whole numbers with blanks do not become floats."""
    return pd.Int64Dtype() if kind == pa.int64() else None


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` with its bytes, but for the lock of the workspace."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if path.name != ".lock"
    }


# One day as the rollups see it.


def event(user_id=1, action="play", item_id=7, played_s=None, length_s=None, **others) -> dict:
    """One event of 2017-03-30; what is not named is unknown.

    ``others`` may also name what the service knows of the user (see `schema.PROFILE`) and the
    ``artist`` of the item.
    """
    known = {"user_id": user_id, "action": action, "item_id": item_id, "day": FIRST_DAY}
    return {**known, "played_s": played_s, "length_s": length_s, "is_paid": False, **others}


def day_of(
    engine: engines.Engine, events: list[dict], titles=None, queries=(), *, source: Any = musicbox
) -> Day:
    """``events`` as a day of the lake of ``source``, with their titles unless others are given.

    The tables have fixed names, so that what is built on them is compiled once.
    """
    user, item = source.USER_ID, source.ITEM_ID
    titles = _titles_of(events) if titles is None else titles
    rows = _rows(events, schema.events(user, item))
    named = _rows(titles, schema.titles(item))
    said = pa.Table.from_pylist(list(queries), schema.queries())
    told = _rows(_profiles_of(events), schema.profiles(user))
    lengths = engine.cache(usual_lengths(engine.from_arrow(named, "titles")), "usual_lengths")
    filled = with_share_played(engine.from_arrow(rows, "events"), lengths)
    return Day(
        events=engine.cache(filled, "events_of_the_day"),
        titles=engine.from_arrow(named, "titles"),
        profiles=engine.from_arrow(told, "profiles"),
        queries=engine.from_arrow(said, "queries"),
        actions=source.ACTIONS,
        knows=frozenset(source.KNOWS),
    )


def _rows(rows: list[dict], columns: pa.Schema) -> pa.Table:
    """``rows`` as a table; numbers stand for ids of text, too."""
    texts = [name for name in ("user_id", "item_id") if name in columns.names]
    texts = [name for name in texts if columns.field(name).type == pa.string()]
    spelled = [
        {**row, **{name: None if row[name] is None else str(row[name]) for name in texts}}
        for row in rows
    ]
    return pa.Table.from_pylist(spelled, columns)


def _titles_of(events: list[dict]) -> list[dict]:
    names = ("day", "item_id", "title", "artist", "length_s")
    seen = Counter(
        (
            row["day"],
            row["item_id"],
            f"Song {row['item_id']}",
            row.get("artist", "Somebody"),
            row["length_s"],
        )
        for row in events
        if row["item_id"] is not None
    )
    return [{**dict(zip(names, key, strict=True)), "n_events": n} for key, n in seen.items()]


def _profiles_of(events: list[dict]) -> list[dict]:
    """What the events tell of their users, as an ingest would sum it up."""
    names = ("day", "user_id", *schema.PROFILE)
    clocks: dict[tuple, list] = {}
    for row in events:
        if any(row.get(name) is not None for name in schema.PROFILE):
            clocks.setdefault(tuple(map(row.get, names)), []).append(row.get("timestamp"))
    return [
        {
            **dict(zip(names, key, strict=True)),
            "last_seen": max((clock for clock in seen if clock), default=None),
            "n_events": len(seen),
        }
        for key, seen in clocks.items()
    ]


def built(engine: engines.Engine, name: str, day: Day) -> pd.DataFrame:
    """The rollup ``name`` of ``day``, sorted and indexed by its key."""
    rollup = rollups.CATALOGUE.get(name)
    table = engine.to_arrow(engine.cache(rollup.build(day), f"built_{name}"))
    frame = table.to_pandas(types_mapper=nullable_ids)
    return frame.set_index(list(rollup.KEY)).sort_index()


# Engines.


@pytest.fixture(scope="session")
def duckdb_engine() -> Iterator[engines.Engine]:
    """DuckDB on one thread, in memory."""
    with engines.CATALOGUE.get("duckdb").open(threads=1) as engine:
        yield engine


@pytest.fixture(scope="session")
def spark_engine(tmp_path_factory) -> Iterator[engines.Engine]:
    """Spark on two threads of this machine, or on a cluster; skipped where it cannot run."""
    needs_spark()
    try:
        engine = engines.CATALOGUE.get("spark").open(
            threads=2,
            memory="1GB",
            scratch=tmp_path_factory.mktemp("spark"),
            url=os.environ.get(SPARK_URL, ""),
            options=driver_settings(),
        )
    except EngineError as missing:
        pytest.skip(str(missing))
    with engine:
        yield engine
    engine.session.stop()


def every(catalogue: Catalogue) -> list[Any]:
    """Its members, for tests of each; those that train on Spark are slow ones."""
    slow = {True: [pytest.mark.slow], False: []}
    return [
        pytest.param(name, marks=slow[trains_on_spark(catalogue, name)], id=name)
        for name in catalogue
    ]


def asked(request: pytest.FixtureRequest, catalogue: Catalogue) -> str:
    """The member that a fixture with params of `every` is for, on a cluster where it needs one."""
    if trains_on_spark(catalogue, request.param):
        if SPARK_URL not in os.environ:
            pytest.skip("tests/test_spark_cluster.py runs it, on a cluster")
        request.getfixturevalue("spark_engine")
    return request.param


def trains_on_spark(catalogue: Catalogue, name: str) -> bool:
    return getattr(catalogue.get(name), "NEEDS_SPARK", False)


def not_yet_on(engine_name: str, *, raises: type[BaseException], reason: str) -> Callable:
    """Declares that a test fails on one engine; fails when that is no longer true.

    The engine is recognised by its name among the fixtures that the test asks for, so that
    the test still has to pass on every other engine.
    """

    def declared(test: Callable) -> Callable:
        @functools.wraps(test)
        def run(**given):
            if not any(getattr(value, "name", None) == engine_name for value in given.values()):
                return test(**given)
            try:
                test(**given)
            except raises:
                pytest.xfail(f"not yet on {engine_name}: {reason}")
            return pytest.fail(f"{engine_name} can do this now: remove @not_yet_on ({reason})")

        return run

    return declared
