"""The section [source.mapping]: what it may say, what it says of times, and what a guess says."""

import tomllib
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import log
from tenuto.errors import SettingsError
from tenuto.sources import mapped
from tenuto.sources._mapped.clocks import Clock, to_number, to_utc
from tenuto.sources._mapped.mapping import Mapping, read_mapping
from tenuto.sources._mapped.source import MappedSource

DOCS = Path(__file__).resolve().parents[1] / "docs"
LEAST = {"user_id": "user", "timestamp": "when"}


def guessed(logs, **known):
    return tomllib.loads(mapped.guess(logs, known))["source"]["mapping"]


def utc(*values, **clock):
    return to_utc(pa.array(values), Clock(**clock)).to_pylist()


# What a mapping may say.


def test_three_lines_are_enough_for_listens():
    source = mapped.configured({**LEAST, "item_id": ["artist", "track"]})
    assert (source.PRECISION, source.USER_ID, source.ITEM_ID) == ("second", "string", "string")
    assert source.ACTIONS == ("play",)
    assert set(source.KNOWS) == {"timestamp", "artist", "title"}


def test_a_mapping_with_days_has_the_precision_of_a_day():
    source = mapped.configured({"user_id": "user", "day": "date"})
    assert source.PRECISION == "day"
    assert "timestamp" not in source.KNOWS


def test_the_actions_of_a_log_are_those_that_its_values_mean():
    source = mapped.configured(
        {**LEAST, "action": "event", "actions": {"listen": "play", "bye": "cancel", "*": "page"}}
    )
    assert source.ACTIONS == ("play", "cancel", "page")


def test_durations_are_known_in_seconds_whatever_their_unit():
    source = mapped.configured({**LEAST, "played": "ms", "played_unit": "ms", "length": "len"})
    assert set(source.KNOWS) == {"timestamp", "played_s", "length_s"}


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({}, "source.mapping: nothing says which column is what"),
        ({"timestamp": "when"}, "source.mapping.user_id: missing"),
        ({"user_id": "user"}, "source.mapping.timestamp: missing"),
        ({**LEAST, "day": "date"}, "source.mapping.day: there is a timestamp already"),
        ({**LEAST, "user": "user"}, "no setting 'user'. Did you mean 'user_id'?"),
        ({**LEAST, "time_unit": "minutes"}, "source.mapping.time_unit: Input should be 'auto'"),
        ({**LEAST, "time_zone": "Europe/Berln"}, "Did you mean 'Europe/Berlin'?"),
        ({**LEAST, "time_zone": "Europe"}, "no time zone 'Europe'"),
        ({**LEAST, "time_zone": "../etc"}, "no time zone '../etc'"),
        ({**LEAST, "action": "listen"}, "source.mapping.action: 'listen' is no action"),
        (
            {**LEAST, "action": "event", "actions": {"x": "plya"}},
            "source.mapping.actions: 'x' = 'plya' is no action. Did you mean 'play'?",
        ),
        ({**LEAST, "item_id": ["a", "b", "c"]}, "source.mapping.item_id: a list stands for"),
        ({**LEAST, "played_unit": 1000}, "source.mapping.played_unit"),
        ({**LEAST, "user_id": 3}, "source.mapping.user_id: Input should be a valid string"),
    ],
)
def test_a_mapping_that_cannot_be_is_one_clear_error(section, said):
    with pytest.raises(SettingsError) as mistake:
        mapped.configured(section)
    assert said in mistake.value.message
    assert mistake.value.mend


def test_every_key_is_on_the_page_with_its_meaning():
    page = (DOCS / "how-to" / "bring-your-own-log.md").read_text("utf-8")
    for name, field in Mapping.model_fields.items():
        assert f"| `{name}` | {field.description} |" in page


# Times.

NINE = datetime(2014, 1, 20, 9, 26, 7)


@pytest.mark.parametrize(
    ("written", "clock"),
    [
        ("1390209967", {}),
        ("1390209967000", {}),
        ("1390209967000000", {}),
        ("1390209967,0", {"decimal": ","}),
        ("1.390209967e9", {}),
        (1390209967, {}),
        (1390209967000.0, {"unit": "ms"}),
        ("2014-01-20T09:26:07Z", {"zone": "Asia/Tokyo"}),
        ("2014-01-20 10:26:07+01:00", {"zone": "Asia/Tokyo"}),
        ("2014-01-20 10:26:07", {"zone": "Europe/Berlin"}),
        ("20.01.2014 10:26:07", {"format": "%d.%m.%Y %H:%M:%S", "zone": "Europe/Berlin"}),
        ("20.01.2014 10:26:07 +0100", {"format": "%d.%m.%Y %H:%M:%S %z", "zone": "Asia/Tokyo"}),
        (datetime(2014, 1, 20, 10, 26, 7), {"zone": "Europe/Berlin"}),
    ],
)
def test_a_time_is_the_same_moment_however_it_is_written(written, clock):
    assert utc(written, **clock) == [NINE]


@pytest.mark.parametrize(
    ("written", "clock"),
    [
        ("1390209967", {"unit": "ms"}),  # 1970
        ("1390209967000", {"unit": "s"}),  # the year 46024
        ("2014-02-30 10:00:00", {}),
        ("soon", {}),
        ("", {}),
        (None, {}),
        ("9" * 30, {}),
        ("99999-01-01", {}),
        ("1390209967", {"unit": "iso"}),
        ("2014-01-20", {"format": "%d.%m.%Y"}),
    ],
)
def test_what_is_no_time_of_our_days_is_unreadable_and_spoils_no_other(written, clock):
    good = {"ms": "1390209967000", "s": "1390209967", "iso": "2014-01-20 09:26:07"}
    right = "20.01.2014" if "format" in clock else good[clock.get("unit", "s")]
    values = [datetime(2014, 1, 20) if "format" in clock else NINE, None]
    assert utc(right, written, **clock) == values


def test_a_clock_that_comes_twice_is_the_first_of_the_two():
    # 2024-10-27 03:00 in Berlin was 02:00 again; 00:30 UTC was the first 02:30.
    assert utc("2024-10-27 02:30:00", zone="Europe/Berlin") == [datetime(2024, 10, 27, 0, 30)]


def test_a_clock_that_never_was_is_read_as_if_the_clocks_had_not_been_changed():
    # 2024-03-31 02:00 in Berlin was 03:00 at once.
    assert utc("2024-03-31 02:30:00", zone="Europe/Berlin") == [datetime(2024, 3, 31, 1, 30)]


@given(
    st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30)),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_zones_are_those_of_the_standard_library(local, zone):
    from datetime import UTC
    from zoneinfo import ZoneInfo

    expected = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
    assert utc(local.isoformat(" "), zone=zone) == [expected]


@given(st.integers(631152000_000_000, 4102444799_999_999))
def test_microseconds_are_exact(micros):
    (moment,) = to_utc(pa.array([str(micros)]), Clock("us")).cast(pa.int64()).to_pylist()
    assert moment == micros


def test_a_decimal_comma_is_a_point():
    assert to_number(pa.array(["189,5", "7", "x", None]), ",").to_pylist() == [189.5, 7, None, None]


# Guesses.


def test_a_guess_is_a_mapping_that_says_why(tmp_path):
    path = log(tmp_path, "plays.csv", "user_id;song_id;ts;ms_played", "7;9;1390209967;305100")
    text = mapped.guess(path)
    section = tomllib.loads(text)["source"]["mapping"]
    assert section == {
        "user_id": "user_id",
        "user_id_type": "int64",
        "timestamp": "ts",
        "time_unit": "s",
        "item_id": "song_id",
        "item_id_type": "int64",
        "played": "ms_played",
        "played_unit": "ms",
        "delimiter": ";",
    }
    assert all("  # " in line for line in text.splitlines())
    assert isinstance(mapped.configured(section), MappedSource)


def test_a_file_without_a_header_is_told_by_its_values(tmp_path):
    path = log(tmp_path, "u.data", "196\t242\t3\t881250949", "186\t302\t3\t891717742")
    section = guessed(path)
    assert section["columns"] == ["user", "item", "column_3", "timestamp"]
    assert (section["user_id"], section["item_id"]) == ("user", "item")
    assert section["user_id_type"] == section["item_id_type"] == "int64"


def test_the_keys_inside_of_others_are_found(tmp_path):
    listen = '{"user_name":"rob","listened_at":1390209967,"track_metadata":'
    path = log(tmp_path, "listens.jsonl", listen + '{"artist_name":"Björk","track_name":"Jóga"}}')
    section = guessed(path)
    assert section["item_id"] == ["track_metadata.artist_name", "track_metadata.track_name"]


def test_dates_without_a_clock_are_days(tmp_path):
    path = log(tmp_path, "plays.csv", "user,date,song_id", "ann,2024-03-30,x1")
    section = guessed(path)
    assert section["day"] == "date"
    assert "timestamp" not in section


def test_clocks_that_do_not_say_their_zone_are_asked_for_it(tmp_path):
    path = log(tmp_path, "plays.csv", "user,played_at", "ann,20/01/2014 09:26:07")
    text = mapped.guess(path)
    assert 'time_format = "%d/%m/%Y %H:%M:%S"' in text
    assert 'time_zone = "UTC"  # the clocks do not say theirs' in text


def test_ids_with_zeros_in_front_are_text(tmp_path):
    path = log(tmp_path, "plays.csv", "user_id,ts", "007,1390209967")
    assert guessed(path)["user_id_type"] == "string"


def test_ids_that_a_spreadsheet_wrote_as_floats_are_whole(tmp_path):
    path = log(tmp_path, "plays.csv", "user_id,ts", "7.0,1390209967", ",1390209967")
    assert guessed(path)["user_id_type"] == "int64"


def test_the_names_of_events_are_told_from_pages_that_lead_to_them(tmp_path):
    rows = [f"1,1390209967,{page}" for page in ("NextSong", "Cancel", "Cancellation Confirmation")]
    path = log(tmp_path, "log.csv", "userId,ts,page", *rows)
    assert guessed(path)["actions"] == {
        "NextSong": "play",
        "Cancel": "cancel_page",
        "Cancellation Confirmation": "cancel",
        "*": "page",
    }


def test_what_is_said_is_not_guessed(tmp_path):
    path = log(tmp_path, "plays.csv", "a,user,ts", "ann,x,1390209967")
    section = guessed(path, user_id="a")
    assert section["user_id"] == "a"


def test_what_is_said_may_be_two_names_a_date_or_a_delimiter(tmp_path):
    path = log(tmp_path, "plays.csv", "user;ts;d;by;what", "ann;1390209967;2014-01-20;x;y")
    section = guessed(path, item_id="by, what", day="d", delimiter=";")
    assert section["item_id"] == ["by", "what"]
    assert (section["day"], section["delimiter"]) == ("d", ";")
    assert "timestamp" not in section


@pytest.mark.parametrize(
    ("header", "key"), [("who,ts,song", "user_id"), ("user,moment,song", "timestamp")]
)
def test_without_a_user_or_a_time_there_is_no_guess(tmp_path, header, key):
    path = log(tmp_path, "plays.csv", header, "ann,1390209967,x")
    with pytest.raises(SettingsError) as mistake:
        mapped.guess(path)
    assert header.replace(",", ", ") in mistake.value.message
    assert mistake.value.mend == f"say which it is: --map {key}=COLUMN"


def test_what_is_said_of_a_key_that_there_is_not_is_the_users_mistake(tmp_path):
    path = log(tmp_path, "plays.csv", "user,ts", "ann,1390209967")
    with pytest.raises(SettingsError, match="there is no setting 'usr_id'"):
        mapped.guess(path, {"usr_id": "user"})


def test_a_mapping_is_read_once_and_cannot_be_changed():
    mapping = read_mapping(LEAST)
    with pytest.raises(ValueError, match="frozen"):
        mapping.user_id = "other"


@pytest.mark.parametrize("time_format", ["%Q", "%d.%m.%"])
def test_a_directive_that_there_is_not_is_named(time_format):
    section = {"user_id": "u", "timestamp": "t", "time_format": time_format}
    with pytest.raises(SettingsError, match=r"time_format.*(directive|stray)"):
        read_mapping(section)


def test_a_mapping_without_a_user_says_that_nobody_can_be_told():
    with pytest.raises(SettingsError, match="user_id: empty: nothing says who"):
        read_mapping({"user_id": "", "timestamp": "t"})
