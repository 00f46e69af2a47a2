"""What the room promises of every source, whoever adds the next one."""

import ibis
import pyarrow as pa
import pytest

from conftest import FIRST_DAY
from tenuto.events.actions import ACTIONS
from tenuto.sources import CATALOGUE, RawFile
from tenuto.sources._contract import Identity

SOURCES = CATALOGUE.names()
RECORD = (
    *("user_text", "item_text", "played_text", "length_text", "timestamp_text", "action"),
    *("title", "artist", "device", "is_paid", "session_id", "text"),
)
LINES = {
    "source_file": ["20170330_3_play.log"] * 2,
    "source_line": [1, 2],
    "line": ["168000001\tar\t298250\t0\tSee You Again\tMiley Cyrus\t189\t190\t0", "nonsense"],
    "has_bad_bytes": [False, False],
    "is_cut_off": [False, False],
    "day": [FIRST_DAY] * 2,
}


@pytest.fixture(params=SOURCES)
def source(request):
    return CATALOGUE.get(request.param)


def test_a_source_opens_with_one_raw_record(source):
    documentation = source.__doc__ or ""
    assert "\n\n    " in documentation
    assert len(documentation.splitlines()) > 5


def test_a_source_says_how_fine_its_clock_is_and_what_its_ids_are(source):
    assert source.PRECISION in ("day", "second")
    assert source.ID_TYPE in ("int64", "string")


def test_the_actions_of_a_source_are_those_that_every_room_knows(source):
    assert source.ACTIONS
    assert set(source.ACTIONS) <= set(ACTIONS)


def test_a_source_says_what_to_expect_in_its_folder(source):
    assert len(source.WHAT_TO_EXPECT) > 20


@pytest.mark.parametrize("name", ["holiday.jpg", "", ".log", "list.html", "README.md", "\n"])
def test_a_file_that_is_no_log_is_answered_with_the_reason(source, name):
    assert isinstance(source.identify(name), str)
    assert source.identify(name)


def test_records_have_the_columns_that_the_rules_know(source, duckdb_engine):
    file = RawFile("20170330_3_play.log", "20170330_3_play", "play", "3", FIRST_DAY)
    lines = duckdb_engine.from_arrow(pa.table(LINES), "lines_of_a_source")
    records = source.records(source.split(lines, file), file)
    assert set(RECORD) <= set(records.columns)
    assert {"source_line", "line", "day"} <= set(records.columns)
    assert duckdb_engine.to_arrow(records).num_rows == len(LINES["line"])
    assert isinstance(source.redacted(records, file), ibis.expr.types.StringColumn)


def test_a_stored_record_shows_no_client_address(source, duckdb_engine):
    line = "168000001\tar\t298250\t0\tTitle\tArtist\t71>=(192.0.2.3)TM\t157\t0"
    file = RawFile("20170330_3_play.log", "20170330_3_play", "play", "3", FIRST_DAY)
    table = duckdb_engine.from_arrow(pa.table({**LINES, "line": [line, line]}), "lines_redacted")
    stored = duckdb_engine.to_arrow(table.select(shown=source.redacted(table, file)))
    assert "192.0.2.3" not in str(stored["shown"].to_pylist())


def test_a_log_of_the_source_is_recognised(source):
    """Every name in what the source tells its user to expect is one that it reads."""
    words = source.WHAT_TO_EXPECT.replace(",", " ").split()
    names = [source.identify(word) for word in words if "." in word.strip(".")]
    assert any(isinstance(name, Identity) for name in names)
