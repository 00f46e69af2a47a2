"""Pseudonyms, tombstones at ingest, what expires, and the log of exports."""

import json
from datetime import date

import pandas as pd
import pytest

from conftest import (
    bytes_of,
    download,
    events_of,
    log,
    musicbox_logs,
    play,
    rollup_of,
    search,
    set_aside_of,
    workspace_over,
)
from forgotten import naming
from service import settle
from tenuto import forgetting, pipeline, privacy
from tenuto.errors import SettingsError, WorkspaceError
from tenuto.events.lake import Lake
from tenuto.ingest import Ledger, ingest
from tenuto.preferences import add_feedback
from tenuto.rollups import build_rollups

SECRET = "0123456789abcdef" * 4
KEY = privacy.Key(SECRET.encode())
GONE, STAYS = 168000001, 168000002


@pytest.fixture(autouse=True)
def _secret(monkeypatch):
    monkeypatch.setenv(privacy.KEY_VARIABLE, SECRET)


@pytest.fixture
def read(workspace, logs):
    """A workspace whose logs of two days are read and summed; one line of each cannot be."""
    for day in (20170330, 20170331):
        lines = [play(GONE), play(STAYS), f"\t{GONE}\tar", f"\t{STAYS}\tar", play(STAYS, 7)]
        log(logs, f"{day}_3_play.log", *lines)
    log(logs, "20170330_3_search.log", search(GONE), search(STAYS), f"{GONE}\tar")
    log(logs, "20170330_3_down.log", download(GONE), download(STAYS))
    build(workspace)
    return workspace


def build(workspace):
    summary = ingest(workspace)
    build_rollups(workspace)
    return summary


def with_privacy(workspace, **settings):
    made = settle(workspace, {"privacy": settings, "engine": {"threads": 1}})
    made.settings.engine.threads = 1
    return made


# Forgotten for good.


def test_whoever_was_forgotten_does_not_come_back_when_all_logs_are_read_again(read):
    forgetting.forget(read, [str(GONE)])
    now = events_of(read), set_aside_of(read), rollup_of(read, "user_days")
    for entry in (read.audit / "ledger").iterdir():
        entry.unlink()
    assert build(read).n_files_read == 4
    assert naming(read.root, GONE) == []
    again = events_of(read), set_aside_of(read), rollup_of(read, "user_days")
    for before, after in zip(now, again, strict=True):
        pd.testing.assert_frame_equal(before, after)


def test_a_new_log_brings_them_back_neither_and_its_lines_are_accounted_for(read, logs):
    forgetting.forget(read, [str(GONE)])
    log(logs, "20170401_3_play.log", play(GONE), play(STAYS), play(GONE, 8))
    summary = build(read)
    assert naming(read.root, GONE) == []
    (entry,) = [
        one for one in Ledger(read.audit / "ledger").entries() if one["day"] == "2017-04-01"
    ]
    assert (entry["read"], entry["kept"], entry["set_aside"]) == (3, 1, 2)
    assert summary.n_lines == summary.n_kept + summary.n_absorbed + summary.n_set_aside
    reasons = set_aside_of(read).query("source_file == '20170401_3_play.log'")
    assert reasons["reason"].tolist() == [privacy.FORGOTTEN] * 2
    assert reasons["record"].tolist() == [privacy.HIDDEN] * 2


def test_without_the_secret_nothing_is_read_once_somebody_was_forgotten(read, logs, monkeypatch):
    forgetting.forget(read, [str(GONE)])
    monkeypatch.delenv(privacy.KEY_VARIABLE)
    log(logs, "20170401_3_play.log", play(STAYS))
    with pytest.raises(SettingsError, match=privacy.KEY_VARIABLE):
        ingest(read)


def test_damaged_tombstones_stop_an_ingest(read, logs):
    forgetting.forget(read, [str(GONE)])
    (read.root / "privacy" / "forgotten.json").write_text("[" * 100_000)
    log(logs, "20170401_3_play.log", play(STAYS))
    with pytest.raises(WorkspaceError, match="backup"):
        ingest(read)


def test_to_stop_at_bad_rows_does_not_mean_to_stop_at_who_was_forgotten(workspace, logs):
    log(logs, "20170330_3_play.log", play(GONE), play(STAYS))
    build(workspace)
    forgetting.forget(workspace, [str(GONE)])
    workspace.settings.ingest.on_bad_row = "stop"
    assert build(workspace).n_kept == 1


# Pseudonyms.


def test_with_pseudonyms_no_id_of_the_log_is_in_the_workspace(workspace, logs):
    made = with_privacy(workspace, pseudonyms=True)
    log(logs, "20170330_3_play.log", play(GONE), play(STAYS, 7), f"\t{GONE}\tar")
    summary = build(made)
    assert (summary.n_kept, summary.n_set_aside) == (2, 1)
    assert naming(made.root, GONE) == naming(made.root, STAYS) == []
    assert events_of(made)["user_id"].tolist() == [KEY.pseudonym(GONE), KEY.pseudonym(STAYS)]
    assert set_aside_of(made)["record"].tolist() == [privacy.HIDDEN]


def test_a_pseudonym_is_of_the_kind_of_the_id_and_another_for_every_secret():
    assert 0 <= KEY.pseudonym(GONE) < 2**63
    assert KEY.pseudonym(GONE) == KEY.pseudonym(GONE)
    assert KEY.pseudonym(GONE) != privacy.Key(b"x" * 32).pseudonym(GONE)
    assert len(KEY.pseudonym("ann")) == 32
    assert KEY.pseudonym("ann") != KEY.pseudonym("bob")


def test_sums_are_the_same_but_for_the_names(read, tmp_path, logs):
    hidden = with_privacy(workspace_over(logs, tmp_path / "hidden"), pseudonyms=True)
    build(hidden)
    plain = rollup_of(read, "user_days")
    named = plain.assign(user_id=plain["user_id"].map(KEY.pseudonym))
    order = ["day", "user_id"]
    pd.testing.assert_frame_equal(
        rollup_of(hidden, "user_days").sort_values(order, ignore_index=True),
        named.sort_values(order, ignore_index=True),
        check_dtype=False,
    )


@pytest.mark.parametrize("by_pseudonym", [False, True])
def test_a_pseudonym_is_forgotten_by_either_name_and_stays_so_without_pseudonyms(
    workspace, logs, by_pseudonym
):
    made = with_privacy(workspace, pseudonyms=True)
    log(logs, "20170330_3_play.log", play(GONE), play(STAYS))
    build(made)
    asked = KEY.pseudonym(GONE) if by_pseudonym else GONE
    forgetting.forget(made, [str(asked)], are_pseudonyms=by_pseudonym)
    assert naming(made.root, KEY.pseudonym(GONE)) == []
    assert events_of(made)["user_id"].tolist() == [KEY.pseudonym(STAYS)]
    plain = with_privacy(made, pseudonyms=False)
    build(plain)
    assert events_of(plain)["user_id"].tolist() == [STAYS]


# The secret.


@pytest.mark.parametrize("secret", ["", "short"])
def test_a_secret_that_can_be_guessed_is_refused(workspace, monkeypatch, secret):
    monkeypatch.setenv(privacy.KEY_VARIABLE, secret)
    with pytest.raises(SettingsError) as error:
        privacy.key_of(workspace)
    assert "openssl rand" in error.value.mend


def test_the_secret_may_be_in_a_file_outside_that_only_its_owner_reads(
    workspace, tmp_path, monkeypatch
):
    monkeypatch.delenv(privacy.KEY_VARIABLE)
    file = tmp_path / "key"
    file.write_text(SECRET + "\n")
    workspace.settings.privacy.key_file = str(file)
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="by others"):
        privacy.key_of(workspace)
    file.chmod(0o600)
    assert privacy.key_of(workspace) == KEY


def test_a_secret_in_the_workspace_is_refused(workspace, monkeypatch):
    monkeypatch.delenv(privacy.KEY_VARIABLE)
    (workspace.root / "key").write_text(SECRET)
    workspace.settings.privacy.key_file = "key"
    with pytest.raises(SettingsError, match="lies in the workspace"):
        privacy.key_of(workspace)


def test_a_secret_is_not_printed():
    assert SECRET not in repr(KEY)


# What expires.


@pytest.fixture
def old_and_new(workspace, logs):
    """Ten days of log: one listener is there on the first two alone."""
    musicbox_logs(logs, days=10, kinds=("play", "search"))
    for day in (20170330, 20170331):
        log(logs, f"{day}_3_down.log", download(GONE + 500), f"\t{GONE + 500}\tar")
    build(workspace)
    add_feedback(workspace.root, GONE + 500, 100, "like", date(2017, 3, 31))
    for day in ("2017-03-31", "2017-04-09"):
        folder = workspace.run_folder(day) / "churn"
        folder.mkdir(parents=True)
        (folder / "churn_scores.csv").write_text(f"user_id,score\n{GONE},1\n{GONE + 500},2\n")
    return with_privacy(workspace, keep_days=7)


def test_days_older_than_the_limit_go_with_all_that_hangs_on_them(old_and_new):
    expired = forgetting.expire(old_and_new, today=date(2026, 1, 1))
    assert (expired.limit, expired.n_days) == (date(2017, 4, 2), 3)
    assert (expired.n_runs, expired.n_listeners) == (1, 1)
    days = rollup_of(old_and_new, "user_days")["day"]
    assert pd.to_datetime(days).min().date() == date(2017, 4, 2)
    assert naming(old_and_new.root, GONE + 500) == []
    assert naming(old_and_new.root, GONE) != []


def test_whoever_reads_logs_in_removes_what_is_too_old(old_and_new):
    pipeline.ingest(old_and_new)
    days = rollup_of(old_and_new, "user_days")["day"]
    assert pd.to_datetime(days).min().date() == date(2017, 4, 2)
    assert naming(old_and_new.root, GONE + 500) == []


def test_what_expired_stays_gone_and_costs_no_second_reading(old_and_new):
    forgetting.expire(old_and_new, today=date(2026, 1, 1))
    before = bytes_of(old_and_new.root)
    assert ingest(old_and_new).n_files_read == 0
    assert build_rollups(old_and_new).n_days_built == 0
    assert forgetting.expire(old_and_new, today=date(2026, 1, 1)).n_days == 0
    assert bytes_of(old_and_new.root) == before


def test_sums_of_the_days_that_stay_are_not_built_anew(old_and_new):
    file = Lake(old_and_new.rollups).path("user_days", date(2017, 4, 5))
    before = file.stat().st_ino
    forgetting.expire(old_and_new, today=date(2026, 1, 1))
    assert file.stat().st_ino == before


def test_a_day_that_claims_the_future_makes_nothing_old(old_and_new, logs):
    log(logs, "20990101_3_play.log", play(STAYS))
    build(old_and_new)
    expired = forgetting.expire(old_and_new, today=date(2017, 4, 8))
    assert expired.limit == date(2017, 4, 2)


def test_a_clock_that_jumps_ahead_makes_nothing_old(old_and_new):
    assert forgetting.expire(old_and_new, today=date(2199, 1, 1)).limit == date(2017, 4, 2)


def test_by_default_everything_is_kept(read):
    before = bytes_of(read.root)
    assert forgetting.expire(read) is None
    assert bytes_of(read.root) == before


# What left.


def test_exports_are_listed_in_their_order_and_name_no_listener(workspace):
    for number in range(3):
        privacy.exported(workspace, "campaign", f"/srv/{number}.csv", number, run="2017-04-29")
    assert [entry["to"] for entry in privacy.exports(workspace)] == [
        "/srv/0.csv",
        "/srv/1.csv",
        "/srv/2.csv",
    ]
    assert set(privacy.exports(workspace)[0]) == {
        "at",
        "what",
        "to",
        "rows",
        "run",
        "by",
        "previous",
    }
    assert privacy.is_untouched(workspace)


@pytest.mark.parametrize(
    "change", [lambda lines: lines[1:], lambda lines: [lines[0].replace("1", "2"), *lines[1:]]]
)
def test_an_export_that_was_taken_out_or_changed_is_noticed(workspace, change):
    for number in (1, 2, 3):
        privacy.exported(workspace, "campaign", "/srv/a.csv", number)
    file = workspace.root / "privacy" / privacy.EXPORTS_FILE
    file.write_text("".join(f"{line}\n" for line in change(file.read_text().splitlines())))
    assert not privacy.is_untouched(workspace)


def test_a_line_that_a_crash_cut_off_costs_no_later_one(workspace):
    privacy.exported(workspace, "campaign", "/srv/a.csv", 1)
    file = workspace.root / "privacy" / privacy.EXPORTS_FILE
    with file.open("a") as stream:
        stream.write('{"at": "2026-1')
    privacy.exported(workspace, "campaign", "/srv/b.csv", 2)
    assert [entry["rows"] for entry in privacy.exports(workspace)] == [1, 2]
    assert json.loads(file.read_text().splitlines()[-1])["to"] == "/srv/b.csv"


def test_an_export_that_cannot_be_written_down_is_refused(workspace):
    (workspace.root / "privacy").write_text("a file in its place")
    with pytest.raises(WorkspaceError, match="must not be passed on"):
        privacy.exported(workspace, "campaign", "/srv/a.csv", 1)
