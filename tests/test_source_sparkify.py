"""Sparkify logs: what each page is, whose it is and when, and what the published logs come to."""

import bz2
import gzip
import io
import json
import zipfile
from datetime import date
from typing import NamedTuple

import pandas as pd
import pyarrow.parquet as pq
import pytest

from conftest import (
    REAL_DATA,
    bytes_of,
    events_of,
    log,
    nullable_ids,
    porter,
    read_all,
    rollup_of,
    set_aside_of,
    workspace_over,
)
from tenuto.errors import SourceError
from tenuto.events import schema
from tenuto.events.lake import Lake
from tenuto.ingest import ingest
from tenuto.rollups import build_rollups
from tenuto.rollups._build import users_file
from tenuto.sources import RawFile, find, sparkify

NOON = 1538395200000  # 2018-10-01 12:00:00 UTC
MINUTE = 60_000
SONG = {"page": "NextSong", "artist": "Adele", "song": "Hello", "length": 295.5}


def record(user="30", ts=NOON, page="Home", **others) -> dict:
    """One record; ``...`` leaves a key out."""
    known = {"ts": ts, "userId": user, "sessionId": 29, "page": page, "auth": "Logged In"}
    merged = {**known, "level": "free", **others}
    return {key: value for key, value in merged.items() if value is not ...}


def line(*given, **others) -> str:
    return json.dumps(record(*given, **others), ensure_ascii=False)


class Read(NamedTuple):
    """What comes of some lines: events, and records set aside with the reason."""

    events: pd.DataFrame
    aside: pd.DataFrame
    titles: pd.DataFrame


@pytest.fixture(scope="module")
def read(duckdb_engine, tmp_path_factory):
    """Function from lines to what an ingest makes of them; one plan serves all of them."""
    path = tmp_path_factory.mktemp("lines") / "events.json"
    file = RawFile(path, "events", "events", "", None)
    carrier = porter(duckdb_engine, sparkify)

    def do(*lines: str) -> Read:
        log(path.parent, path.name, *lines)
        (block,) = sparkify.reader(path)
        plan, records, _ = carrier.cleaner.clean(block, file)
        tables = (plan.set_aside, plan.tables["titles"])
        others = (duckdb_engine.to_arrow(table) for table in tables)
        tables = (carrier._events(records, file), *others)
        return Read(*(table.to_pandas(types_mapper=nullable_ids) for table in tables))

    return do


def summed(workspace):
    ingest(workspace)
    build_rollups(workspace)
    return workspace


# One record.


def test_each_of_the_22_pages_is_an_action_and_no_two_are_one(read):
    lines = [line(ts=NOON + n, page=page) for n, page in enumerate(sparkify.PAGES)]
    events, _, _ = read(*lines)
    assert events.action.tolist() == list(sparkify.PAGES.values())
    assert len(set(sparkify.PAGES.values())) == 22


def test_a_page_that_nobody_knows_is_a_page(read):
    events, _, _ = read(line(page="Podcast"), line(ts=NOON + 1, page=...))
    assert events.action.tolist() == ["page", "page"]


def test_the_clock_is_milliseconds_of_utc_and_tells_the_day(read):
    last_of_the_day = 1538438399999
    events, _, _ = read(line(ts=NOON + 250), line(ts=last_of_the_day), line(ts=last_of_the_day + 1))
    assert events.timestamp[0] == pd.Timestamp("2018-10-01 12:00:00.250")
    assert [str(day) for day in events.day] == ["2018-10-01", "2018-10-01", "2018-10-02"]


@pytest.mark.parametrize("written", [float(NOON), str(NOON), f"{NOON}.0"])
def test_a_clock_may_be_written_as_a_float_or_as_text(read, written):
    events, _, _ = read(line(ts=written))
    assert events.timestamp.tolist() == [pd.Timestamp("2018-10-01 12:00")]


@pytest.mark.parametrize("written", [..., None, "soon", NOON // 1000, NOON * 1000, -NOON, True, []])
def test_an_event_whose_clock_cannot_be_read_is_set_aside(read, written):
    """Seconds would be the year 1970 and microseconds the year 50717: another unit."""
    events, aside, _ = read(line(), line("31", ts=written))
    assert events.user_id.tolist() == [30]
    assert aside.reason.tolist() == ["no_day"]


@pytest.mark.parametrize("written", ["12", 12, 12.0, "12.0", "012"])
def test_a_user_is_a_whole_number_however_it_is_written(read, written):
    events, _, _ = read(line(written))
    assert events.user_id.tolist() == [12]
    assert str(events.user_id.dtype) == "Int64"


def test_a_long_id_goes_through_no_float(read):
    longest = 9_007_199_254_740_993  # 2 ** 53 + 1 is the first that a float rounds
    events, _, _ = read(line(longest), line(str(longest), ts=NOON + 1))
    assert events.user_id.tolist() == [longest, longest]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        *[(nobody, "no_user") for nobody in ("", None, ...)],
        *[(odd, "unreadable_user") for odd in ("12.5", "ann", 1e30, [12])],
    ],
)
def test_an_event_of_nobody_is_kept_apart_and_counted(read, written, reason):
    events, aside, _ = read(line(), line(written))
    assert len(events) == 1
    assert aside.reason.tolist() == [reason]


@pytest.mark.parametrize("auth", ["Logged Out", "Guest"])
def test_one_id_for_all_who_are_logged_out_is_never_a_user(read, auth):
    """K43: such an id had 778,479 events."""
    crowd = [line("1261737", ts=NOON + n, auth=auth) for n in range(5)]
    events, aside, _ = read(*crowd, line(auth="Cancelled"))
    assert events.user_id.tolist() == [30]
    assert aside.reason.tolist() == ["logged_out"] * 5


def test_a_key_that_is_absent_is_null(read):
    null = dict.fromkeys(("artist", "song", "length", "level", "sessionId"))
    absent = dict.fromkeys(null, ...)
    events, _, _ = read(line(**null), line(ts=NOON + 1, **absent))
    known = events.drop(columns=["timestamp", "source_line"])
    assert known.iloc[0].isna().tolist() == known.iloc[1].isna().tolist()
    assert events[["item_id", "length_s", "session_id", "is_paid"]].isna().all(axis=None)


def test_the_order_of_keys_and_the_spaces_between_them_mean_nothing(read):
    found = record(**SONG)
    backwards = dict(reversed(found.items()), ts=NOON + MINUTE)
    lines = [json.dumps(found, separators=(",", ":")), json.dumps(backwards, indent=None)]
    events, _, _ = read(*lines)
    same = events.drop(columns=["timestamp", "source_line"])
    assert same.iloc[0].equals(same.iloc[1])


def test_a_song_has_no_id_but_its_names_and_only_its_length_is_known(read):
    events, _, _ = read(line(**SONG), line(ts=NOON + 1, **{**SONG, "artist": None}))
    assert events.item_id.tolist() == ["Adele — Hello", "? — Hello"]
    assert events.length_s.tolist() == [295.5, 295.5]
    assert events.played_s.isna().all()


def test_escapes_in_a_name_are_taken_for_what_they_stand_for(read):
    events, _, _ = read(json.dumps(record(**{**SONG, "artist": 'AC/DC "live" é\t'})))
    assert events.item_id.tolist() == ['AC/DC "live" é\t — Hello']


def encoded_again(name: str, times: int) -> str:
    for _ in range(times):
        name = name.encode().decode("latin-1")
    return name


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("name", ["Björk", "Déjà Vu", "Über Alles", "浜渦正志", "Би-2"])
def test_a_name_that_was_encoded_again_is_mended_with_the_id_of_the_song(read, name, times):
    written = encoded_again(name, times)
    events, _, titles = read(
        line(**{**SONG, "artist": written}), line(ts=NOON + 1, **{**SONG, "song": written})
    )
    assert events.item_id.tolist() == [f"{name} — Hello", f"Adele — {name}"]
    assert sorted(zip(titles.artist, titles.title, strict=True)) == sorted(
        [(name, "Hello"), ("Adele", name)]
    )


def test_the_stored_columns_are_those_that_every_room_shares(tmp_path):
    log(tmp_path / "logs", "events.json", line(**SONG, registration=1.5e12), line(""))
    workspace = workspace_over(tmp_path / "logs", tmp_path / "workspace", "sparkify")
    ingest(workspace)
    lake = Lake(workspace.lake)
    for table, expected in (
        ("events", schema.events("int64", "string")),
        ("titles", schema.titles("string")),
        ("profiles", schema.profiles("int64")),
    ):
        (file,) = lake.files(table)
        assert pq.read_schema(file).remove_metadata().equals(expected), table


# Lines that are none.


@pytest.mark.parametrize(
    "damaged",
    [
        line()[:-20],
        f"[{line()}]",
        '"userId": "30",',
        "null",
        "42",
        '"text"',
        "{",
        "ts,userId",
        f"{line()}{line()}",
    ],
)
def test_a_line_that_is_no_object_is_set_aside_with_its_place(read, damaged):
    events, aside, _ = read(line(), damaged, line(ts=NOON + 1))
    assert events.source_line.tolist() == [1, 3]
    (row,) = aside.itertuples()
    assert (row.source_line, row.reason) == (2, "unreadable_record")


def test_a_byte_order_mark_costs_no_line(read):
    events, aside, _ = read("\ufeff" + line(), line(ts=NOON + 1))
    assert len(events) == 2
    assert aside.empty


def test_pretty_printed_records_are_set_aside_line_by_line(read):
    """Some published copies are; they need one object per line."""
    pretty = json.dumps(record(), indent=2).split("\n")
    events, aside, _ = read(line(), *pretty, "")
    assert len(events) == 1
    reasons = aside.reason.value_counts().to_dict()
    assert reasons == {"unreadable_record": len(pretty), "blank_line": 1}


def test_names_of_people_are_stored_nowhere_not_even_of_damaged_records(read):
    secret = {"firstName": "Zebulon", "lastName": 'O"Quimby'}
    whole = line("", **secret)
    damaged = (whole, whole[:-3], whole[:-12], '{"lastName":"Quimby')
    events, aside, _ = read(line(**secret), *damaged)
    assert len(aside) == len(damaged)
    for column in (aside.record, events.astype(str).sum(axis=1)):
        assert not column.str.contains("Zebulon|Quimby").any()


def test_what_was_sent_twice_is_one_event(read):
    events, aside, _ = read(line(**SONG), line(**SONG), line(ts=NOON + 1, **SONG), line(**SONG))
    assert len(events) == 2
    assert aside.reason.tolist() == ["duplicate"] * 2


# Files.


def packed(kind: str, content: bytes) -> bytes:
    if kind == "zip":
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as inside:
            inside.writestr("events.json", content)
        return archive.getvalue()
    return {"": bytes, "gz": gzip.compress, "bz2": bz2.compress}[kind](content)


@pytest.mark.parametrize(
    ("kind", "is_one_file"), [("", True), ("gz", False), ("bz2", True), ("zip", False)]
)
def test_logs_are_one_file_or_a_folder_packed_or_not(tmp_path, kind, is_one_file):
    folder = tmp_path / "logs"
    folder.mkdir()
    file = folder / ".".join(filter(None, ("events.json", kind)))
    file.write_bytes(packed(kind, f"{line()}\n{line(ts=NOON + 1)}\n".encode()))
    logs = file if is_one_file else folder
    workspace = workspace_over(logs, tmp_path / "workspace", "sparkify")
    assert ingest(workspace).n_kept == 2
    assert ingest(workspace).n_files_read == 0


def test_a_truncated_archive_gives_every_whole_line_before_its_end(tmp_path):
    lines = [line(str(n), ts=NOON + n * 7919) for n in range(5000)]
    whole = gzip.compress("".join(text + "\n" for text in lines).encode())
    file = tmp_path / "events.json.gz"
    file.write_bytes(whole[: len(whole) // 2])
    workspace = workspace_over(file, tmp_path / "workspace", "sparkify")
    summary = ingest(workspace)
    assert 1000 < summary.n_kept < 4000
    assert summary.n_lines - summary.n_kept <= 1
    assert events_of(workspace).user_id.tolist() == list(range(summary.n_kept))


def test_files_of_one_name_in_different_folders_are_all_read(tmp_path):
    for month in (10, 11):
        log(tmp_path / "logs" / "2018" / str(month), "events.json", line(str(month)))
    workspace = workspace_over(tmp_path / "logs", tmp_path / "workspace", "sparkify")
    summary = ingest(workspace)
    assert summary.n_files == 2
    assert events_of(workspace).user_id.tolist() == [10, 11]
    assert ingest(workspace).n_files_read == 0


def test_a_table_of_songs_beside_the_log_is_left_out_with_the_reason(tmp_path):
    song = json.dumps({"song_id": "SO1", "title": "Hello", "duration": 295.5})
    log(tmp_path, "songs.jsonl", song)
    log(tmp_path, "events.json", line())
    files, ignored = find(sparkify, tmp_path)
    assert [file.path.name for file in files] == ["events.json"]
    (left_out,) = ignored
    assert left_out.path.name == "songs.jsonl"
    assert "no 'page' and 'ts'" in left_out.reason


def test_a_log_whose_first_line_is_damaged_is_a_log(tmp_path):
    log(tmp_path, "events.json", "{", line())
    files, _ = find(sparkify, tmp_path)
    assert len(files) == 1


@pytest.mark.parametrize("text", [f"[{line()}]", json.dumps(record(), indent=2)])
def test_json_that_is_not_one_object_per_line_is_left_out_with_the_mend(tmp_path, text):
    (tmp_path / "events.json").write_text(text, "utf-8")
    with pytest.raises(SourceError, match="not one JSON object per line; `jq -c`"):
        find(sparkify, tmp_path / "events.json")


def test_a_folder_of_other_files_is_refused_with_what_to_expect(tmp_path):
    log(tmp_path, "list.csv", "a,b")
    with pytest.raises(SourceError, match="none of the 1 files") as error:
        find(sparkify, tmp_path)
    assert "JSON object per line" in error.value.mend


# Sums.

TOLD = {"gender": "F", "location": "Lyon", "userAgent": '"Mozilla/5.0"'}


def test_users_are_as_the_service_last_saw_them(tmp_path):
    """The registration is the earliest that was ever told."""
    registered = 1_537_000_000_000
    lines = [
        line(level="free", registration=float(registered), **TOLD),
        line(ts=NOON + 86_400_000, level="paid", registration=registered + 1000, **TOLD),
        line("31", auth="Logged In"),
        line("", ts=NOON + 1, auth="Guest"),
    ]
    log(tmp_path / "logs", "events.json", *lines)
    workspace = summed(workspace_over(tmp_path / "logs", tmp_path / "workspace", "sparkify"))
    users = read_all([users_file(workspace)]).set_index("user_id")
    assert users.index.tolist() == [30, 31]
    one = users.loc[30]
    assert one.registered == pd.Timestamp(registered, unit="ms")
    assert (one.plan, one.gender, one.location) == ("paid", "F", "Lyon")
    assert one.user_agent == "Mozilla/5.0"  # the quotes inside the text are gone
    assert (one.first_day, one.last_day) == (date(2018, 10, 1), date(2018, 10, 2))
    assert users.loc[31, ["registered", "gender", "location", "user_agent"]].isna().all()


def test_a_session_over_midnight_has_a_row_on_either_day(tmp_path):
    midnight = 1538438400000
    times = (midnight - MINUTE, midnight - 1, midnight, midnight + 2 * MINUTE)
    log(tmp_path / "logs", "events.json", *(line(ts=ts, **SONG) for ts in times))
    workspace = summed(workspace_over(tmp_path / "logs", tmp_path / "workspace", "sparkify"))
    rows = rollup_of(workspace, "user_day_sessions").sort_values("day")
    assert [str(day) for day in rows.day] == ["2018-10-01", "2018-10-02"]
    assert rows.n_plays.tolist() == [2, 2]
    assert ((rows.ended - rows.started) / pd.Timedelta(minutes=1)).round(2).tolist() == [1.0, 2.0]
    assert rollup_of(workspace, "user_days").n_sessions.tolist() == [1, 1]


def test_a_session_number_that_two_users_share_is_two_sessions(tmp_path):
    log(tmp_path / "logs", "events.json", line("30"), line("31"), line("30", ts=NOON + 1))
    workspace = summed(workspace_over(tmp_path / "logs", tmp_path / "workspace", "sparkify"))
    rows = rollup_of(workspace, "user_day_sessions")
    assert list(zip(rows.user_id, rows.session_id, rows.n_events, strict=True)) == [
        (30, "29", 2),
        (31, "29", 1),
    ]


def some_lines() -> list[str]:
    """Two days of four users: songs, thumbs and changes of plan, some at the same moment."""
    pages = ("NextSong", "Thumbs Up", "Home", "NextSong", "Submit Upgrade", "NextSong")
    found = []
    for n in range(60):
        song = {"artist": f"A{n % 3}", "song": f"S{n % 5}", "length": 100.0 + n % 2}
        names = song if pages[n % 6] == "NextSong" else {}
        level = "paid" if n % 7 == 3 else "free"
        told = {"registration": 1.5e12 + n % 4, "gender": "F" if n % 5 else "M", "level": level}
        when = NOON + (n // 3) * 50 * MINUTE
        found.append(line(str(n % 4), when, pages[n % 6], sessionId=n // 9, **names, **told))
    return found


def rollups_of(folder, *files: list[str]) -> dict[str, pd.DataFrame]:
    for number, lines in enumerate(files):
        log(folder / "logs", f"{number}.json", *lines)
    workspace = summed(workspace_over(folder / "logs", folder / "workspace", "sparkify"))
    names = sorted(path.name for path in workspace.rollups.iterdir() if path.is_dir())
    tables = {name: rollup_of(workspace, name) for name in names}
    return {**tables, "users": read_all([users_file(workspace)])}


@pytest.mark.parametrize("other", ["backwards", "two files", "two files in the other order"])
def test_the_order_of_lines_and_of_files_changes_no_sum(tmp_path, other):
    lines = some_lines()
    ordered = {
        "backwards": [lines[::-1]],
        "two files": [lines[:25], lines[25:]],
        "two files in the other order": [lines[25:], lines[:25]],
    }[other]
    expected = rollups_of(tmp_path / "expected", lines)
    found = rollups_of(tmp_path / "found", *ordered)
    assert list(found) == list(expected)
    for name, table in expected.items():
        pd.testing.assert_frame_equal(found[name], table, rtol=1e-12)


def test_the_same_logs_give_the_same_bytes(tmp_path):
    found = []
    for number in range(2):
        log(tmp_path / "logs", "events.json", *some_lines())
        workspace = workspace_over(tmp_path / "logs", tmp_path / str(number), "sparkify")
        found.append(bytes_of(summed(workspace).root))
    assert found[0] == found[1]


# The published and the generated logs; the figures are those of the READMEs beside them.


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Function from a folder of real data to its workspace, read once, and what that told."""
    known = {}

    def do(name):
        if name not in known:
            root = tmp_path_factory.mktemp("real") / "workspace"
            workspace = workspace_over(REAL_DATA / name, root, "sparkify")
            known[name] = (workspace, ingest(workspace))
        return known[name]

    return do


GENERATED = {
    "NextSong": 103_912,
    "Home": 7_052,
    "Thumbs Up": 5_700,
    "Add to Playlist": 2_906,
    "Roll Advert": 2_619,
    "Add Friend": 1_997,
    "Logout": 1_637,
    "Login": 1_631,
    "Thumbs Down": 1_124,
    "Help": 865,
    "Downgrade": 863,
    "Settings": 764,
    "About": 510,
    "Upgrade": 299,
    "Error": 166,
    "Save Settings": 153,
    "Submit Upgrade": 88,
    "Submit Downgrade": 50,
    "Cancel": 30,
    "Cancellation Confirmation": 30,
    "Register": 16,
    "Submit Registration": 7,
}


@pytest.mark.real_data
def test_the_pages_of_the_generated_log_are_all_there(real):
    _, summary = real("eventsim-sample")
    counted = {action: sum(counts.values()) for action, counts in summary.actions.items()}
    assert counted == {sparkify.PAGES[page]: n for page, n in GENERATED.items()}
    assert summary.n_lines == 132_419


@pytest.mark.real_data
def test_the_blanks_of_the_generated_log_are_set_aside_and_nothing_else(real):
    workspace, summary = real("eventsim-sample")
    assert summary.n_lines == summary.n_kept + summary.n_set_aside
    reasons = set_aside_of(workspace).reason.value_counts().to_dict()
    assert reasons == {"no_user": 4_342}


@pytest.mark.real_data
def test_users_sessions_and_cancellations_of_the_generated_log_are_those_of_its_readme(real):
    workspace, _ = real("eventsim-sample")
    events = events_of(workspace)
    by_action = events.groupby("action").user_id.nunique()
    assert events.user_id.nunique() == 150
    assert by_action[["cancel", "upgrade", "downgrade"]].tolist() == [30, 69, 42]
    leavers = events[events.action == "cancel"]
    assert leavers.is_paid.sum() == 10
    assert events.timestamp.max() == pd.Timestamp("2018-12-02 23:59:32")
    plays = events[events.action == "play"]
    assert plays.item_id.nunique() == 19_022
    assert events.groupby(["user_id", "session_id"]).ngroups == 1_533


def blank_sessions(workspace) -> int:
    """Different sessions among the records without a user, which the READMEs count as well."""
    aside = set_aside_of(workspace)
    records = aside[aside.reason == "no_user"].record
    return len({json.loads(text)["sessionId"] for text in records})


@pytest.mark.real_data
def test_nothing_follows_a_cancellation_in_the_generated_log(real):
    """A clock or an order that is wrong by a little would show here."""
    workspace, _ = real("eventsim-sample")
    events = events_of(workspace)
    left = events[events.action == "cancel"].set_index("user_id").timestamp
    later = events[events.timestamp > events.user_id.map(left)]
    assert later.empty


@pytest.mark.real_data
def test_the_published_logs_are_those_of_their_readme(real):
    workspace, summary = real("sparkify-logs")
    assert summary.n_files == 30
    assert summary.n_lines == 8_056
    assert summary.rules["no_user"] == summary.n_set_aside == 286
    assert {item.path.name for item in summary.ignored} == {"README.md", "songs.jsonl.gz"}
    assert len(summary.actions) == 13
    assert sum(summary.actions["play"].values()) == 6_820
    events = events_of(workspace)
    assert events.user_id.nunique() == 97
    assert events.timestamp.min() == pd.Timestamp("2018-11-01 20:57:10.796")
    assert events.timestamp.max().floor("s") == pd.Timestamp("2018-11-30 19:54:24")
    assert events[events.action == "play"].item_id.nunique() == 5_295
    assert events.groupby(["user_id", "session_id"]).ngroups == 911
    assert blank_sessions(workspace) == 153
