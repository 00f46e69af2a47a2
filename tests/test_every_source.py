"""What the room promises of every source, whoever adds the next one."""

import json
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from conftest import play
from tenuto.events import schema
from tenuto.events.actions import ACTIONS
from tenuto.sources import CATALOGUE, RawFile
from tenuto.sources._contract import FACTS, Identity

SOURCES = CATALOGUE.names()
TEXTS = (
    *("user_text", "item_text", "played_text", "length_text", "timestamp_text", "action"),
    *("title", "artist", "device", "session_id", "text"),
)
RECORD = {**dict.fromkeys(TEXTS, pa.string()), "is_paid": pa.bool_()}
#: The name of a log and a sound line of it; of other sources any line has to do.
SOUND = {
    "musicbox": ("20170330_3_play.log", play()),
    "sparkify": (
        "events.json",
        json.dumps({"ts": 1538352000000, "userId": "30", "page": "Home", "sessionId": 29}),
    ),
}
ADDRESS = "192.0.2.3"


def is_whole(source) -> bool:
    """Whether a source can be asked without a mapping; the others have tests of their own."""
    return not hasattr(source, "configured")


def names_to_expect(source) -> list[str]:
    words = source.WHAT_TO_EXPECT.replace(",", " ").split()
    return [word for word in words if isinstance(source.identify(word), Identity)]


def file_of(source, name) -> RawFile:
    known = SOUND.get(name, (names_to_expect(source)[0], ""))[0]
    return RawFile(Path(known), *source.identify(known))


def lines_of(engine, file, *lines):
    """``lines`` as the reader and the ingest hand them to a source."""
    columns = {
        "source_file": [file.path.name] * len(lines),
        "source_line": range(1, len(lines) + 1),
        "line": lines,
        "has_bad_bytes": [False] * len(lines),
        "is_cut_off": [False] * len(lines),
    }
    if file.day is not None:
        columns["day"] = [file.day] * len(lines)
    return engine.from_arrow(pa.table(columns), "lines_of_a_source")


@pytest.fixture(params=[name for name in SOURCES if is_whole(CATALOGUE.get(name))])
def named(request):
    """Each source that needs no mapping, after its name."""
    return request.param, CATALOGUE.get(request.param)


@pytest.fixture(params=SOURCES)
def source(request):
    return CATALOGUE.get(request.param)


def test_a_source_opens_with_one_raw_record(source):
    documentation = source.__doc__ or ""
    assert "\n\n    " in documentation
    assert len(documentation.splitlines()) > 5


def test_a_source_says_how_fine_its_clock_is_and_what_its_ids_are(source):
    assert source.PRECISION in ("day", "second")
    assert source.USER_ID in ("int64", "string")
    assert source.ITEM_ID in ("int64", "string")


def test_a_source_knows_facts_that_every_room_knows(source):
    assert set(source.KNOWS) <= set(FACTS)


def test_the_actions_of_a_source_are_those_that_every_room_knows(source):
    assert source.ACTIONS
    assert set(source.ACTIONS) <= set(ACTIONS)


def test_a_source_says_what_to_expect_in_its_folder(source):
    assert len(source.WHAT_TO_EXPECT) > 20


@pytest.mark.parametrize("name", ["holiday.jpg", "", ".log", "list.html", "README.md", "\n"])
def test_a_file_that_is_no_log_is_answered_with_the_reason(source, name):
    assert isinstance(source.identify(name), str)
    assert source.identify(name)


def test_records_have_the_columns_that_the_rules_know_in_their_types(named, duckdb_engine):
    name, source = named
    file = file_of(source, name)
    lines = lines_of(duckdb_engine, file, SOUND.get(name, ("", ""))[1], "nonsense", "")
    records = source.records(source.split(lines, file), file)
    given = records.schema().to_pyarrow()
    known = dict(zip(given.names, given.types, strict=True))
    told = {name: kind for name, kind in schema.PROFILE.items() if name in source.KNOWS}
    assert {**known, **RECORD, **told} == known
    assert {"source_line", "line"} <= set(known)
    assert file.day is not None or known["day"] == pa.date32()
    assert duckdb_engine.to_arrow(records).num_rows == 3
    assert isinstance(source.redacted(records, file), ibis.expr.types.StringColumn)


def test_no_record_is_lost_or_twice_there(named, duckdb_engine):
    name, source = named
    file = file_of(source, name)
    sound = SOUND.get(name, ("", ""))[1]
    lines = lines_of(duckdb_engine, file, "{", "[1]", "null", "\t" * 20, sound, sound, '"', "\\")
    records = source.records(source.split(lines, file), file)
    numbers = duckdb_engine.to_arrow(records)["source_line"].to_pylist()
    assert sorted(numbers) == list(range(1, 9))


@pytest.mark.parametrize(
    "line", [play(played=f"71>=({ADDRESS})TM"), f'{{"from": "{ADDRESS}"', ADDRESS]
)
def test_a_stored_record_shows_no_client_address(named, duckdb_engine, line):
    name, source = named
    file = file_of(source, name)
    lines = lines_of(duckdb_engine, file, line)
    records = source.records(source.split(lines, file), file)
    stored = duckdb_engine.to_arrow(records.select(shown=source.redacted(records, file)))
    assert ADDRESS not in str(stored["shown"].to_pylist())


def test_a_log_of_the_source_is_recognised(source):
    """A name in what the source tells its user to expect is one that it reads."""
    assert names_to_expect(source)
