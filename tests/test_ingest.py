"""Ingest: done once, added to, killed and run again, always the same bytes."""

import errno
import gzip
import os
import pydoc
import shutil
import threading
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from conftest import (
    FIRST_DAY,
    bytes_of,
    events_of,
    log,
    musicbox_logs,
    play,
    search,
    set_aside_of,
    workspace_over,
)
from tenuto.errors import EngineError, SourceError, WorkspaceError
from tenuto.events import schema
from tenuto.events.lake import Lake
from tenuto.ingest import Ledger, ingest
from tenuto.workspace import Workspace

DIRTY = (play(168000001), play(168000001), "", play(0), "\t" + play(168000002), "half a line")


@pytest.fixture(scope="module")
def two_days(tmp_path_factory):
    """Logs of two days with some dirt, and the bytes of an ingest of them. Read only."""
    folder = tmp_path_factory.mktemp("two_days")
    logs = musicbox_logs(folder / "logs", days=2, rows=2, kinds=("play",))
    log(logs, "20170330_1_play.log", *DIRTY)
    workspace = workspace_over(logs, folder / "workspace")
    summary = ingest(workspace)
    return logs, bytes_of(workspace.root), summary


@pytest.fixture
def fresh(two_days, tmp_path) -> Workspace:
    """A workspace, not yet filled, over a copy of the same logs at the same distance."""
    shutil.copytree(two_days[0], tmp_path / "logs", dirs_exist_ok=True)
    return workspace_over(tmp_path / "logs", tmp_path / "workspace")


@pytest.fixture
def filled(two_days, fresh) -> Workspace:
    """``fresh`` after its first ingest."""
    shutil.copytree(two_days[0].parent / "workspace", fresh.root, dirs_exist_ok=True)
    return fresh


def test_an_ingest_accounts_for_every_line(two_days):
    _, _, summary = two_days
    assert (summary.n_files, summary.n_files_read) == (3, 3)
    assert summary.n_lines == 2 * 2 + len(DIRTY)
    assert summary.n_set_aside == 4
    assert summary.n_lines == summary.n_kept + summary.n_absorbed + summary.n_set_aside
    assert summary.days == [date(2017, 3, 30), date(2017, 3, 31)]


def test_an_ingest_tells_of_each_action_what_was_kept_and_what_set_aside(two_days):
    """In a file of plays every line was to be one, the blank and the half one too."""
    _, _, summary = two_days
    counted = {"kept": summary.n_kept, "set_aside": summary.n_set_aside}
    assert summary.actions == {"play": counted}


def test_what_is_set_aside_is_stored_with_file_line_and_reason(filled):
    aside = set_aside_of(filled)
    assert set(aside.source_file) == {"20170330_1_play.log"}
    found = dict(zip(aside.source_line, zip(aside.reason, aside.record, strict=True), strict=True))
    assert found == {
        2: ("duplicate", DIRTY[1]),
        3: ("blank_line", ""),
        4: ("no_user", DIRTY[3]),
        6: ("wrong_field_count", DIRTY[5]),
    }
    stored = pq.read_schema(next((filled.audit / "set_aside").glob("*.parquet")))
    assert stored.remove_metadata().equals(schema.set_aside())


def test_events_have_the_columns_that_every_room_shares(filled):
    lake = Lake(filled.lake)
    for table, expected in (
        ("events", schema.events("int64", "int64")),
        ("titles", schema.titles("int64")),
        ("profiles", schema.profiles("int64")),
        ("queries", schema.queries()),
    ):
        for file in lake.files(table):
            assert pq.read_schema(file).remove_metadata().equals(expected), file


def test_the_same_logs_give_the_same_bytes(two_days, fresh):
    ingest(fresh)
    assert bytes_of(fresh.root) == two_days[1]


def test_a_second_ingest_reads_nothing_and_changes_nothing(filled):
    before = bytes_of(filled.root)
    again = ingest(filled)
    assert again.n_files_read == 0
    assert bytes_of(filled.root) == before


def test_the_number_of_threads_does_not_change_the_bytes(two_days, fresh):
    fresh.settings.engine.threads = 3
    ingest(fresh)
    assert bytes_of(fresh.root) == two_days[1]


def test_the_order_in_which_files_arrive_does_not_change_the_bytes(two_days, fresh):
    later = sorted(fresh.logs.glob("*"))[:2]
    for file in later:
        file.rename(fresh.root / file.name)
    ingest(fresh)
    for file in later:
        (fresh.root / file.name).rename(file)
    assert ingest(fresh).n_files_read == len(later)
    assert bytes_of(fresh.root) == two_days[1]


def test_a_new_file_adds_its_own_fragments_and_touches_no_other(filled):
    before = bytes_of(filled.root)
    log(filled.logs, "20170401_3_play.log", play(168000009))
    assert ingest(filled).n_files_read == 1
    after = bytes_of(filled.root)
    assert {name for name in after if name not in before} == {
        "audit/ledger/20170401_3_play.json",
        *(
            f"lake/{table}/day=2017-04-01/20170401_3_play.parquet"
            for table in ("events", "titles", "profiles", "queries")
        ),
    }
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"audit/completeness.csv"}


def test_a_changed_file_replaces_its_own_fragments(filled):
    before = bytes_of(filled.root)
    log(filled.logs, "20170330_1_play.log", play(168000077, played=33))
    summary = ingest(filled)
    assert (summary.n_files_read, summary.n_set_aside) == (1, 0)
    events = events_of(filled)
    assert events[events.source_file == "20170330_1_play.log"].user_id.tolist() == [168000077]
    after = bytes_of(filled.root)
    changed = {name for name in before if after.get(name) != before[name]}
    assert all("20170330_1_play" in name or name == "audit/completeness.csv" for name in changed)
    assert "audit/set_aside/20170330_1_play.parquet" in changed - set(after)


def test_a_file_that_is_gone_from_the_logs_keeps_its_events(filled):
    before = bytes_of(filled.lake)
    (filled.logs / "20170330_1_play.log").unlink()
    ingest(filled)
    assert bytes_of(filled.lake) == before


def test_packing_a_log_changes_no_event(two_days, filled):
    events = events_of(filled).drop(columns="source_file")
    for file in filled.logs.glob("*.log"):
        (filled.logs / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
        file.unlink()
    assert ingest(filled).n_files_read == 3
    pd.testing.assert_frame_equal(events_of(filled).drop(columns="source_file"), events)


# Trouble on the way.


LAKE, AUDIT = "pyarrow.parquet.write_table", "tenuto.engines.duckdb.DuckDBEngine.write_parquet"
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _full_after(monkeypatch, writer: str, n_files: int, failure: Exception) -> None:
    """``writer`` works ``n_files`` times and then fails in the middle of a file."""
    write, n_written = pydoc.locate(writer), [0]

    def until_full(*given, **options):
        n_written[0] += 1
        if n_written[0] > n_files:
            (path,) = (item for item in given if isinstance(item, Path))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"PAR1 half a file")
            raise failure
        return write(*given, **options)

    monkeypatch.setattr(writer, until_full)


@pytest.mark.parametrize(
    ("writer", "n_files", "failure"),
    [(LAKE, 0, FULL), (LAKE, 6, FULL), (AUDIT, 0, FULL), (AUDIT, 0, EngineError("cannot write"))],
)
def test_a_full_disk_leaves_no_half_file_and_a_rerun_ends_with_the_same_bytes(
    two_days, fresh, monkeypatch, writer, n_files, failure
):
    with monkeypatch.context() as full:
        _full_after(full, writer, n_files, failure)
        with pytest.raises((WorkspaceError, EngineError)):
            ingest(fresh)
    for file in fresh.root.rglob("*.parquet"):
        pq.read_table(file)
    assert not list(fresh.root.rglob("*.aside"))
    ingest(fresh)
    assert bytes_of(fresh.root) == two_days[1]


def test_a_disk_that_fills_up_at_the_rename_leaves_no_half_file(two_days, fresh, monkeypatch):
    replace, n_renamed = os.replace, [0]

    def until_full(source, target):
        n_renamed[0] += 1
        if n_renamed[0] > 4:
            raise FULL
        replace(source, target)

    with monkeypatch.context() as full:
        full.setattr(os, "replace", until_full)
        with pytest.raises(WorkspaceError, match="No space left"):
            ingest(fresh)
    assert not list(fresh.root.rglob("*.aside"))
    ingest(fresh)
    assert bytes_of(fresh.root) == two_days[1]


def test_what_a_killed_ingest_left_behind_is_swept_away(two_days, filled):
    (filled.audit / "ledger" / "20170331_3_play.json").unlink()  # killed before it was done
    stray = Lake(filled.lake).path("events", FIRST_DAY, "20170330_9_play")
    for leftover in (stray, stray.with_name("a.parquet.aside"), filled.audit / "set_aside/b.aside"):
        leftover.write_bytes(b"half")
    ingest(filled)
    assert bytes_of(filled.root) == two_days[1]


def test_two_ingests_at_once_are_refused(fresh):
    refused = []

    def second():
        try:
            ingest(Workspace(fresh.root))
        except WorkspaceError as error:
            refused.append(error)

    with fresh.lock():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert "another tenuto is writing" in str(refused[0])
    assert refused[0].mend


# Settings.


def test_bad_rows_can_stop_the_ingest_at_the_place(fresh):
    fresh.settings.ingest.on_bad_row = "stop"
    with pytest.raises(SourceError, match=r"20170330_1_play\.log, row 4: no_user") as error:
        ingest(fresh)
    assert "set-aside" in error.value.mend


def test_copies_and_blank_lines_stop_nothing(workspace, logs):
    workspace.settings.ingest.on_bad_row = "stop"
    log(logs, "20170330_1_play.log", play(), play(), "")
    assert ingest(workspace).n_kept == 1


def test_a_share_of_users_is_whole_users_and_the_same_in_every_file(workspace, logs):
    workspace.settings.ingest.share_of_users = 0.3
    users = range(168000001, 168000201)
    log(logs, "20170330_1_play.log", *(play(user) for user in users))
    log(logs, "20170331_1_search.log", *(search(user, "2017-03-31 00:00:00") for user in users))
    ingest(workspace)
    events = events_of(workspace)
    plays = set(events.user_id[events.action == "play"])
    assert plays == set(events.user_id[events.action == "search"])
    assert 30 < len(plays) < 90


def test_changing_a_setting_reads_the_logs_again(workspace, logs):
    log(logs, "20170330_3_search.log", search(query="song+100"))
    ingest(workspace)
    workspace.settings.ingest.keep_search_text = True
    assert ingest(workspace).n_files_read == 1
    assert events_of(workspace).text.tolist() == ["song 100"]


def test_a_query_of_one_person_is_not_counted_among_queries(workspace, logs):
    said = [search(1, query="Shared"), search(2, query="shared+"), search(1, query="my+own")]
    log(logs, "20170330_1_search.log", *said)
    ingest(workspace)
    (file,) = Lake(workspace.lake).files("queries")
    assert pq.read_table(file).to_pylist() == [
        {"day": FIRST_DAY, "query": "shared", "n_searches": 2, "n_searchers": 2}
    ]


def test_progress_counts_bytes_up_to_all_of_them(fresh):
    seen = []
    ingest(fresh, progress=lambda done, total: seen.append((done, total)))
    total = sum(file.stat().st_size for file in fresh.logs.iterdir())
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_the_ledger_says_what_became_of_every_file(filled):
    ledger = Ledger(filled.audit / "ledger")
    files = ledger.files().set_index("key")
    row = files.loc["20170330_1_play"]
    assert (row.read, row.kept, row.absorbed, row.set_aside) == (6, 2, 0, 4)
    assert ledger.rules()["duplicate"] == 1
    assert ledger.rules()["shifted_fields"] == 1
    assert ledger.entry("20170330_7_play") is None


def test_the_ledger_names_the_fragments_of_a_file_with_their_events(filled):
    entry = Ledger(filled.audit / "ledger").entry("20170330_1_play")
    assert entry["fragments"] == {"2017-03-30/20170330_1_play": 2}
    assert entry["actions"] == {"play": {"kept": 2, "set_aside": 4}}
