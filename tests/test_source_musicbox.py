"""Music Box logs: what a name says, and what the 3,001 real lines come to."""

import json
import re
from datetime import date

import pandas as pd
import pyarrow.parquet as pq
import pytest

from conftest import REAL_DATA, download, events_of, log, play, search, set_aside_of, workspace_over
from tenuto.ingest import Ledger, ingest
from tenuto.sources import musicbox

ADDRESS = re.compile(rb"\d{1,3}(?:\.\d{1,3}){3}")


def test_the_name_of_a_file_says_its_day_part_and_kind():
    identity = musicbox.identify("20170330_3_play.log.tar.gz")
    assert identity == ("20170330_3_play", "play", "3", date(2017, 3, 30))


def test_a_file_without_a_part_is_read_too():
    assert musicbox.identify("20170301_play.log.gz").part == ""


@pytest.mark.parametrize(
    "name",
    ["20170330_3_play.log", "20170330_3_play.log.gz", "20170330_3_play.log.tar.gz"],
)
def test_the_packing_does_not_change_the_key(name):
    assert musicbox.identify(name).key == "20170330_3_play"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("1_1_search.log.tar.gz", "no date in its name"),
        ("20170231_1_play.log", "20170231 in its name is not a date"),
        ("20170330_3.uids.tar.gz", "not a play, down or search log"),
        ("list.html", "not a play, down or search log"),
    ],
)
def test_a_file_that_is_no_log_says_why(name, why):
    assert why in musicbox.identify(name)


@pytest.fixture(scope="module")
def one_of_each(tmp_path_factory):
    """The events of one play, one download and two searches, by action; words are asked for."""
    folder = tmp_path_factory.mktemp("one_of_each")
    logs = folder / "logs"
    log(logs, "20170330_3_play.log", play(168000001, 123456789012345, "189", "190", paid=1))
    log(logs, "20170330_3_down.log", download(168000001, 298250, device="ip"))
    android = search(query="%E9%9F%A9+%E7%BA%A2a")
    iphone = search(query="%e9%9f%a9%20%e7%ba%a2%61", device="ip")
    log(logs, "20170330_3_search.log", android, iphone)
    workspace = workspace_over(logs, folder / "workspace")
    workspace.settings.ingest.keep_search_text = True
    ingest(workspace)
    return dict(list(events_of(workspace).groupby("action")))


def test_a_play_keeps_its_song_its_seconds_and_its_device(one_of_each):
    event = one_of_each["play"].iloc[0]
    assert (event.user_id, event.item_id) == (168000001, 123456789012345)
    assert (event.device, event.is_paid) == ("android", True)
    assert (event.played_s, event.length_s) == (189.0, 190.0)
    assert event.day == date(2017, 3, 30)
    assert pd.isna(event.timestamp)  # the log has no clock


def test_a_download_is_an_event_without_seconds(one_of_each):
    event = one_of_each["download"].iloc[0]
    assert (event.item_id, event.device) == (298250, "iphone")
    assert pd.isna(event.played_s)
    assert pd.isna(event.length_s)


def test_a_search_keeps_its_clock_and_names_no_item(one_of_each):
    event = one_of_each["search"].iloc[0]
    assert event.timestamp == pd.Timestamp("2017-03-30 00:00:11")
    assert pd.isna(event.item_id)


def test_search_words_are_decoded_as_either_system_sends_them(one_of_each):
    assert one_of_each["search"].text.tolist() == ["韩 红a", "韩 红a"]


# A query must not reach the audit by a line of the wrong shape either.
ODD_SEARCHES = (
    search(0, query="my+secret"),
    search(query="my+secret\tmore"),
    search(clock="", query="my+secret\tmore\tstill"),
    search(clock="yesterday", query="my+secret\tmore"),
    "168000001\tar\tmy+secret",
    "168000001 ar 2017-03-30 00:00:11 my+secret",
    "my+secret",
)


def test_search_words_are_stored_nowhere_unless_asked_for(workspace, logs):
    log(logs, "20170330_3_search.log", search(query="my+secret"), *ODD_SEARCHES)
    assert ingest(workspace).n_set_aside == len(ODD_SEARCHES)
    assert events_of(workspace).text.isna().all()
    records = set_aside_of(workspace).record
    assert not records.str.contains("secret").any()
    assert records.str.endswith("[query]").all()


def test_a_set_aside_search_still_shows_whose_it_was_and_when(workspace, logs):
    log(logs, "20170330_3_search.log", search(), search())
    ingest(workspace)
    expected = "168000001\tar\t2017-03-30 00:00:11\t[query]"
    assert set_aside_of(workspace).record.tolist() == [expected]


# The real sample.


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A workspace over the 3,001 real lines, and the summary of its ingest."""
    workspace = workspace_over(
        REAL_DATA / "musicbox-samples", tmp_path_factory.mktemp("real") / "workspace"
    )
    return workspace, ingest(workspace)


@pytest.mark.real_data
def test_every_real_line_is_accounted_for(real):
    _, summary = real
    assert summary.n_files == 3
    assert summary.n_lines == 3001
    assert summary.n_lines == summary.n_kept + summary.n_absorbed + summary.n_set_aside
    assert [item.path.name for item in summary.ignored] == ["README.md"]
    assert summary.days == [date(2017, 3, 30)]


# What the README of the sample and seeds.md §2.2 counted by hand.
@pytest.mark.real_data
@pytest.mark.parametrize(
    ("rule", "n"),
    [
        ("blank_line", 1),
        ("shifted_fields", 2),
        ("extra_tabs", 1),
        ("broken_record", 4),
        ("client_address", 3),
        ("milliseconds", 31 + 1),  # one of them in a shifted row
        ("skipped_at_once", 125 + 1),  # one of them in the row with extra tabs
        ("unknown_item", 88),
        ("negative_length", 4),
        ("nameless_item", 133),
        ("undecodable_query", 0),
        ("wrong_field_count", 0),
        ("wrong_encoding", 0),
        ("unknown_device", 0),
    ],
)
def test_the_dirt_of_the_real_sample_is_found(real, rule, n):
    _, summary = real
    assert summary.rules[rule] == n


@pytest.mark.real_data
# Of 7 equal plays 2 are far apart and may have been heard twice; there is no clock to tell.
@pytest.mark.parametrize(("kind", "n"), [("play", 5), ("down", 9), ("search", 18)])
def test_what_real_clients_sent_twice_is_set_aside(real, kind, n):
    workspace, _ = real
    aside = set_aside_of(workspace)
    of_kind = aside[aside.source_file == f"20170330_3_{kind}.log"]
    assert (of_kind.reason == "duplicate").sum() == n


@pytest.mark.real_data
def test_a_real_set_aside_record_is_found_again_by_its_file_and_line(real):
    workspace, _ = real
    rows = set_aside_of(workspace)
    rows = rows[rows.source_file != "20170330_3_search.log"]
    assert len(rows) == 5 + 1 + 9
    for row in rows.itertuples():
        lines = (REAL_DATA / "musicbox-samples" / row.source_file).read_text("utf-8").split("\n")
        assert lines[row.source_line - 1] == row.record


@pytest.mark.real_data
def test_no_real_play_is_lost_to_a_dirty_duration(real):
    workspace, _ = real
    entry = Ledger(workspace.audit / "ledger").entry("20170330_3_play")
    assert entry["kept"] == 1001 - 1 - 5  # but for the blank line and the copies


@pytest.mark.real_data
def test_milliseconds_of_the_real_sample_come_out_as_seconds(real):
    workspace, _ = real
    raw = (REAL_DATA / "musicbox-samples" / "20170330_3_play.log").read_text("utf-8").split("\n")
    events = events_of(workspace)
    plays = events[events.action == "play"].set_index("source_line")
    in_milliseconds = {
        number: float(fields[-3])
        for number, fields in enumerate((line.split("\t") for line in raw), start=1)
        if len(fields) in (9, 10) and fields[-3].isdigit() and int(fields[-3]) > 10_000
    }
    assert len(in_milliseconds) == 32
    for line, value in in_milliseconds.items():
        assert plays.played_s[line] == value / 1000
    assert plays.played_s.max() < 10_000


@pytest.mark.real_data
def test_the_number_before_a_client_address_is_kept(real):
    workspace, _ = real
    events = events_of(workspace)
    plays = events[events.action == "play"].set_index("source_line")
    assert plays.played_s[[23, 200, 244]].tolist() == [7.0, 23.0, 71.0]


@pytest.mark.real_data
def test_broken_real_downloads_are_whole_again(real):
    workspace, _ = real
    events = events_of(workspace)
    downloads = events[events.action == "download"].set_index("source_line")
    assert downloads.item_id[[275, 284, 415, 571]].tolist() == [5886730, 6112291, 7160759, 4970221]
    assert not downloads.index.isin([276, 285, 416, 572]).any()


@pytest.mark.real_data
def test_no_client_address_is_anywhere_in_the_workspace(real):
    workspace, _ = real
    for file in (path for path in workspace.root.rglob("*") if path.is_file()):
        assert not ADDRESS.search(file.read_bytes()), file
        if file.suffix == ".parquet":  # compressed, so read in full as well
            text = json.dumps(pq.read_table(file).to_pylist(), default=str).encode()
            assert not ADDRESS.search(text), file
