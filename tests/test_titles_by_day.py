"""What songs are called on a day, summed over its files: shorter, and nothing else changes."""

from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import FIRST_DAY, bytes_of, log, musicbox_logs, play, read_all
from tenuto.events import schema
from tenuto.events.lake import Lake
from tenuto.ingest import ingest
from tenuto.rollups import build_rollups
from tenuto.rollups._build import items
from tenuto.rollups._day import usual_lengths
from tenuto.rollups._titles import summed

NAMES = st.fixed_dictionaries(
    {
        "day": st.sampled_from([FIRST_DAY, FIRST_DAY + timedelta(days=1)]),
        "item_id": st.sampled_from([1, 2]),
        "title": st.sampled_from(["Hello", "hello", None]),
        "artist": st.sampled_from(["Adele", None]),
        "length_s": st.sampled_from([100.0, 200.0, None]),
        "n_events": st.integers(1, 3),
    }
)
#: Rows as the files of some days have them: one may be there again and again.


@given(st.lists(NAMES, max_size=12))
@settings(max_examples=20)
def test_usual_names_and_lengths_are_the_same_from_files_and_from_sums(duckdb_engine, rows):
    files = duckdb_engine.from_arrow(pa.Table.from_pylist(rows, schema.titles("int64")), "files")
    sums = duckdb_engine.cache(summed(files), "sums_of_titles")
    for made in (items, usual_lengths):
        from_sums, from_files = (
            duckdb_engine.to_arrow(made(titles).order_by("item_id")) for titles in (sums, files)
        )
        assert from_sums.equals(from_files)
    names = {tuple(row[name] for name in sorted(row) if name != "n_events") for row in rows}
    assert duckdb_engine.to_arrow(sums).num_rows == len(names)


@pytest.fixture
def two_parts(workspace, logs):
    musicbox_logs(logs, days=2, parts=(1, 2), kinds=("play",))
    ingest(workspace)
    build_rollups(workspace)
    return workspace


def test_a_name_in_two_files_of_a_day_is_one_row(two_parts):
    (file,) = Lake(two_parts.rollups).files_of("titles", FIRST_DAY)
    assert pq.read_schema(file).equals(schema.titles("int64"))
    day = read_all([file])
    assert day.item_id.tolist() == [100, 101, 102]
    assert day.n_events.tolist() == [2, 2, 2]


def test_only_a_day_with_another_file_is_summed_again(two_parts, logs):
    lake = Lake(two_parts.rollups)
    first, second = (lake.path("titles", FIRST_DAY + timedelta(days=n)) for n in (0, 1))
    before = first.stat().st_mtime_ns
    log(logs, "20170331_3_play.log", play(168000001, 100, 20, 200, title="Song 100"))
    ingest(two_parts)
    build_rollups(two_parts)
    assert first.stat().st_mtime_ns == before
    assert read_all([second]).n_events.tolist() == [3, 2, 2]


def test_sums_of_titles_that_are_damaged_are_made_again(two_parts):
    before = bytes_of(two_parts.rollups)
    Lake(two_parts.rollups).path("titles", FIRST_DAY).write_bytes(b"PAR1 half a file")
    build_rollups(two_parts)
    assert bytes_of(two_parts.rollups) == before
