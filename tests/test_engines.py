"""Every engine reads, computes and writes the same; what one cannot do yet is declared."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import (
    ALL_KNOWING,
    FIRST_DAY,
    built,
    cleaned,
    day_of,
    download,
    event,
    not_yet_on,
    play,
    search,
)
from tenuto import engines, rollups
from tenuto.errors import EngineError
from tenuto.events import schema
from tenuto.rollups._build import items
from tenuto.sources import LineReader
from test_cleaning import DIRTY_PLAYS
from test_every_cleaning_rule import KINDS, RULES, example_of
from test_source_sparkify import SONG
from test_source_sparkify import line as record

EVENTS_SCHEMA = schema.events("int64", "int64")
# What one engine takes for a number or a time and another does not.
ODD_NUMBERS = (
    "12d",
    "12f",
    "0x1A",
    "1_000",
    "+5",
    "1e3",
    "Infinity",
    "-nan",
    "1,5",
    "१२",
    ".5",
    "5.",
)
ODD_CLOCKS = (
    "2017-03-30 24:00:00",
    "2017-03-30 23:59:60",
    "2017-03-30T00:00:11",
    "2017-3-30 0:0:1",
)
SOUND = {
    "play": play(),
    "down": download(),
    "search": search(query="%E9%9F%A9+a"),
    "events": record(**SONG),
}


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.slow)])
def engine(request) -> engines.Engine:
    """Each engine in turn."""
    return request.getfixturevalue(f"{request.param}_engine")


def some_events() -> list[dict]:
    """Three hundred events of twenty users, a third of them with something unknown."""
    rng = np.random.default_rng(0)
    found = []
    for n in range(300):
        action = rng.choice(["play", "play", "play", "download", "search"])
        item = None if action == "search" or rng.random() < 0.1 else int(rng.integers(1, 30))
        length_s = None if rng.random() < 0.2 else float(rng.integers(1, 400))
        played_s = None if action != "play" or rng.random() < 0.1 else float(rng.integers(0, 400))
        clock = datetime(2017, 3, 30) + timedelta(seconds=int(rng.integers(86_400)))
        found.append(
            event(
                int(rng.integers(1, 20)),
                action,
                item,
                played_s,
                length_s if action == "play" else None,
                # Half of the plays have a clock: only those are counted by the hour.
                timestamp=clock if action == "search" or n % 2 else None,
                device=rng.choice(["android", "iphone"]) if n % 7 else None,
                is_paid=bool(rng.random() < 0.3),
                session_id=str(rng.integers(3)) if n % 5 else None,
                plan=rng.choice(["free", "paid"]) if n % 3 else None,
                artist=rng.choice(["Adele", "Björk"]) if n % 9 else None,
            )
        )
    return found


QUERIES = [{"query": f"song {n}", "n_searches": n, "n_searchers": 2} for n in range(1, 30, 3)]


# What an engine promises.


def test_rows_come_back_in_their_order_and_types(engine):
    rows = [event(1, "play", 123456789012345, 0.1, None, timestamp=datetime(2017, 3, 30, 1, 2, 3))]
    table = pa.Table.from_pylist([*rows, event(2, "play", None)], EVENTS_SCHEMA)
    back = engine.to_arrow(engine.from_arrow(table)).cast(EVENTS_SCHEMA)
    assert back.to_pylist() == table.to_pylist()


def test_a_table_under_a_name_takes_the_place_of_the_one_before(engine):
    for value in (1, 2):
        table = engine.from_arrow(pa.table({"n": [value]}), "replaced")
        doubled = engine.cache(table.mutate(n=table.n * 2), "doubled")
        assert engine.to_arrow(doubled)["n"].to_pylist() == [value * 2]


def test_a_name_may_be_lent_to_other_columns_and_keeps_up_with_its_rows(engine):
    engine.lend(pa.table({"a": [1, 2]}), "lent")
    assert engine.to_arrow(engine.lend(pa.table({"a": [3]}), "lent")).to_pydict() == {"a": [3]}
    assert engine.to_arrow(engine.lend(pa.table({"b": ["x"]}), "lent")).to_pydict() == {"b": ["x"]}


def test_a_cached_table_does_not_follow_its_origin(engine):
    table = engine.from_arrow(pa.table({"n": [1]}), "origin")
    kept = engine.cache(table)
    assert engine.to_arrow(kept)["n"].to_pylist() == [1]
    engine.from_arrow(pa.table({"n": [2]}), "origin")
    assert engine.to_arrow(kept)["n"].to_pylist() == [1]


def test_what_is_written_is_read_again(engine, tmp_path):
    table = pa.Table.from_pylist(some_events(), EVENTS_SCHEMA)
    path = tmp_path / "new" / "part.parquet"
    n_rows = engine.write_parquet(engine.from_arrow(table), path, {"it's": "a key"})
    assert n_rows == 300
    assert pq.read_metadata(path).metadata[b"it's"] == b"a key"
    assert pq.read_schema(path).field("timestamp").type == pa.timestamp("us")
    assert pq.read_table(path).cast(EVENTS_SCHEMA).to_pylist() == table.to_pylist()
    assert engine.to_arrow(engine.read_parquet([path])).num_rows == 300


def test_the_same_rows_are_the_same_bytes(engine, tmp_path):
    table = engine.from_arrow(pa.Table.from_pylist(some_events(), EVENTS_SCHEMA))
    for name in ("first", "second"):
        engine.write_parquet(table, tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_a_function_makes_rows_of_rows_a_batch_at_a_time(engine):
    numbers = engine.from_arrow(pa.table({"n": pa.array(range(100), pa.int64())}))
    schema = pa.schema([("id", pa.int64()), ("at", pa.timestamp("us")), ("half", pa.float64())])

    def odd_halves(batches):
        for batch in batches:
            n = np.array([value for value in batch["n"].to_pylist() if value % 2], np.int64)
            yield pa.RecordBatch.from_arrays(
                [pa.array(n), pa.array(n).cast(schema.field("at").type), pa.array(n / 2)],
                schema=schema,
            )

    made = engine.to_arrow(engine.map_arrow(numbers.mutate(m=1), odd_halves, schema).order_by("id"))

    assert made["half"].to_pylist() == [n / 2 for n in range(1, 100, 2)]
    assert made.schema.field("at").type == pa.timestamp("us")
    assert (
        engine.to_arrow(
            engine.map_arrow(numbers.filter(numbers.n < 0), odd_halves, schema)
        ).num_rows
        == 0
    )


def test_several_files_are_one_table(engine, tmp_path):
    for name in ("a", "b"):
        pq.write_table(pa.table({"name": [name]}), tmp_path / f"{name}.parquet")
    files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    assert sorted(engine.to_arrow(engine.read_parquet(files))["name"].to_pylist()) == ["a", "b"]


def test_a_folder_that_cannot_be_written_is_one_clear_error(duckdb_engine, tmp_path):
    (tmp_path / "part").mkdir()
    table = duckdb_engine.from_arrow(pa.table({"n": [1]}))
    with pytest.raises(EngineError, match="cannot write") as error:
        duckdb_engine.write_parquet(table, tmp_path / "part")
    assert error.value.mend


def in_order(scratch, seed):
    """Whether rows come back in their order from an engine that holds a fourth of them."""
    with engines.CATALOGUE.get("duckdb").open(threads=1, memory="60MB", scratch=scratch) as engine:
        numbers = np.random.default_rng(seed).permutation(2_000_000)
        names = pa.array([f"a name that is not short, {number}" for number in numbers])
        rows = engine.from_arrow(pa.table({"n": numbers, "name": names}))
        found = engine.to_arrow(engine.cache(rows.order_by("n")).order_by("n"))
        assert any(scratch.glob("duckdb-*"))
        assert found["n"].to_numpy().tolist() == list(range(2_000_000))
        assert found["name"][seed].as_py() == f"a name that is not short, {seed}"
    return True


def test_engines_side_by_side_lay_aside_what_does_not_fit_apart_from_each_other(tmp_path):
    with ThreadPoolExecutor(3) as pool:
        assert all(pool.map(partial(in_order, tmp_path), range(3)))
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_had_laid_aside_is_removed(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, mine = tmp_path / f"duckdb-{ended.pid}-0", tmp_path / f"duckdb-{os.getpid()}-999999"
    for folder in (left, mine):
        folder.mkdir()
        (folder / "duckdb_temp_storage-0.tmp").write_bytes(b"much")
    with engines.CATALOGUE.get("duckdb").open(threads=1, scratch=tmp_path):
        assert list(tmp_path.iterdir()) == [mine]


@pytest.mark.parametrize("ask", ["cache", "to_arrow"])
def test_too_little_memory_is_one_clear_error(ask):
    with engines.CATALOGUE.get("duckdb").open(threads=1, memory="30MB") as engine:
        rows = engine.from_arrow(pa.table({"n": np.arange(200_000)}))
        # One list of all cannot be laid aside in part.
        many = rows.cross_join(rows.limit(100).select(m="n"))
        many = many.agg(everything=many.n.collect())
        with pytest.raises(EngineError, match="could not be finished") as told:
            getattr(engine, ask)(many)
    assert "engine.memory" in told.value.mend


def test_spark_that_is_not_installed_is_one_clear_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(EngineError, match="pyspark") as error:
        engines.CATALOGUE.get("spark").open()
    assert "pip install" in error.value.mend


def test_two_duckdb_engines_do_not_see_each_other(duckdb_engine):
    duckdb_engine.from_arrow(pa.table({"n": [1]}), "mine")
    with engines.CATALOGUE.get("duckdb").open() as other:
        assert "mine" not in other.backend.list_tables()


# The same definitions give the same tables.


def equal(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Counts and texts exactly, floats to one in a thousand million; NULL is NULL."""
    assert sorted(left.columns) == sorted(right.columns)
    for column in left.columns:
        ours, theirs = left[column], right[column]
        if pd.api.types.is_float_dtype(ours):
            np.testing.assert_allclose(theirs.astype(float), ours, rtol=1e-9, err_msg=column)
        else:
            assert _values(theirs) == _values(ours), column


def _values(column: pd.Series) -> list:
    return [None if np.ndim(value) == 0 and pd.isna(value) else value for value in column]


@pytest.fixture(scope="session")
def dirty_lines(tmp_path_factory) -> dict[str, pa.Table]:
    """Every example of dirt that the tests know, by kind of log."""
    path = tmp_path_factory.mktemp("dirty") / "raw.log"
    return {kind: _lines_of_kind(path, kind) for kind in KINDS}


def _lines_of_kind(path, kind) -> pa.Table:
    examples = [example_of(rule) for rule in RULES]
    lines = [line for example in examples if example.kind == kind for _, line in example.rows]
    lines += [line.encode() for line in _odd_lines(kind)]
    path.write_bytes(b"".join(line + b"\n" for line in [SOUND[kind].encode(), *lines]))
    return pa.concat_tables(LineReader(path))


def _odd_lines(kind) -> list[str]:
    if kind == "events":
        seconds = [record(**{**SONG, "length": number}) for number in ODD_NUMBERS]
        return [*seconds, '{"ts": 1.5e12, "page": ["a"], "userId": 7}', "[]", "{}", "{", "\u2028"]
    if kind == "search":
        return [search(50 + n, clock) for n, clock in enumerate(ODD_CLOCKS)]
    if kind == "down":
        return [download(60, number) for number in ODD_NUMBERS]
    odd = [play(number, number, number, number) for number in ODD_NUMBERS]
    seconds = [play(70 + n, 7, number, 190) for n, number in enumerate(ODD_NUMBERS)]
    return [*DIRTY_PLAYS.values(), *odd, *seconds]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_dirty_lines_are_cleaned_alike_on_every_engine(
    duckdb_engine, spark_engine, dirty_lines, kind
):
    source, file = KINDS[kind]
    ours, theirs = (
        cleaned(engine, dirty_lines[kind], file, source) for engine in (duckdb_engine, spark_engine)
    )
    equal(
        ours.drop(columns="fields", errors="ignore"), theirs.drop(columns="fields", errors="ignore")
    )
    assert ours.reason.notna().any()


@pytest.mark.slow
@pytest.mark.parametrize("name", rollups.CATALOGUE.names())
def test_rollups_are_the_same_on_every_engine(duckdb_engine, spark_engine, name):
    events = some_events()
    ours, theirs = (
        built(
            engine, name, day_of(engine, events, queries=QUERIES, source=ALL_KNOWING)
        ).reset_index()
        for engine in (duckdb_engine, spark_engine)
    )
    assert len(ours) > 10
    equal(ours, theirs)


@pytest.mark.slow
def test_names_and_lengths_of_items_are_the_same_on_every_engine(duckdb_engine, spark_engine):
    rng = np.random.default_rng(1)
    n = 200
    rows = pa.table(
        {
            "item_id": rng.integers(1, 20, n),
            "title": rng.choice(np.array(["Hello", "hello", "你好", None], dtype=object), n),
            "artist": rng.choice(np.array(["Adele", None], dtype=object), n),
            "length_s": pa.array(rng.integers(100, 105, n), pa.float64(), mask=rng.random(n) < 0.2),
            "n_events": rng.integers(1, 4, n),
            "day": pa.array(
                [FIRST_DAY + timedelta(days=int(day)) for day in rng.integers(0, 5, n)]
            ),
        }
    )
    ours, theirs = (
        engine.to_arrow(
            items(engine.from_arrow(rows, "all_titles")).order_by("item_id")
        ).to_pandas()
        for engine in (duckdb_engine, spark_engine)
    )
    equal(ours, theirs)


# A difference is declared, and the declaration fails when it is no longer true.


class FakeEngine:
    name = "spark"


def test_a_declared_difference_is_expected_to_fail():
    @not_yet_on("spark", raises=ZeroDivisionError, reason="Spark stops where DuckDB says inf")
    def divide(engine):
        return 1 / 0

    with pytest.raises(pytest.xfail.Exception, match="not yet on spark: Spark stops"):
        divide(engine=FakeEngine())


def test_a_declared_difference_that_is_gone_fails():
    @not_yet_on("spark", raises=ZeroDivisionError, reason="Spark stops")
    def divide(engine):
        return 1 / 1

    with pytest.raises(pytest.fail.Exception, match="spark can do this now"):
        divide(engine=FakeEngine())


def test_a_declared_difference_excuses_no_other_failure_and_no_other_engine(duckdb_engine):
    @not_yet_on("spark", raises=KeyError, reason="Spark stops")
    def divide(engine):
        return 1 / 0

    for engine in (FakeEngine(), duckdb_engine):
        with pytest.raises(ZeroDivisionError):
            divide(engine=engine)


@pytest.mark.slow
def test_spark_tests_run_where_spark_can_run(spark_engine):
    assert shutil.which("java")
    assert spark_engine.name == "spark"
