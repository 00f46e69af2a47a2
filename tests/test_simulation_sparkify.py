"""The Sparkify simulation writes what its truth says, in the published logs' format."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tenuto.cli._program import build_program
from tenuto.errors import SettingsError
from tenuto.simulation.sparkify import simulate

DAYS = 24
FIRST = pd.Timestamp("2018-10-01")
FIELDS = {
    *("artist", "auth", "firstName", "gender", "itemInSession", "lastName", "length", "level"),
    *("location", "method", "page", "registration", "sessionId", "song", "status", "ts"),
    *("userAgent", "userId"),
}


def log_files(out: Path) -> list[Path]:
    return sorted((out / "log_data").rglob("*-events.json*"))


def text_of(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")


def lines_of(path: Path) -> list[str]:
    """Split at line ends alone: to Python half of a garbled letter can be one, too."""
    return text_of(path).removesuffix("\n").split("\n")


def objects_of(out: Path) -> list[dict]:
    """Every row of every file, in the order of the log."""
    return [json.loads(line) for path in log_files(out) for line in lines_of(path)]


def events_of(out: Path) -> pd.DataFrame:
    events = pd.DataFrame(objects_of(out)).reindex(columns=sorted(FIELDS))
    events["time"] = pd.to_datetime(events["ts"], unit="ms")
    return events.assign(day=events["time"].dt.normalize())


def known(events: pd.DataFrame) -> pd.DataFrame:
    """The rows of somebody, with a number for a name."""
    rows = events[events["userId"] != ""]
    return rows.assign(user_id=rows["userId"].astype("int64"))


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    simulate(folder, listeners=200, days=DAYS, packed=False, dirt=False, file_faults=False)
    return folder


@pytest.fixture(scope="module")
def events(out) -> pd.DataFrame:
    return events_of(out)


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory) -> Path:
    """The same days with double-encoded names and some exported days."""
    folder = tmp_path_factory.mktemp("spoiled")
    simulate(folder, listeners=200, days=DAYS)
    return folder


def truth(out: Path, table: str) -> pd.DataFrame:
    return pd.read_parquet(out / "truth" / f"{table}.parquet")


# The format.


def test_there_is_one_file_per_day_below_its_year_and_month(spoiled):
    days = pd.date_range(FIRST, periods=DAYS)
    names = [path.relative_to(spoiled / "log_data").as_posix() for path in log_files(spoiled)]
    assert names == [f"{day:%Y/%m/%Y-%m-%d}-events.json.gz" for day in days]


def test_every_row_lies_in_the_file_of_its_day_in_the_order_of_the_clock(events, out):
    assert events["ts"].is_monotonic_increasing
    in_files = [len(lines_of(path)) for path in log_files(out)]
    assert events.groupby("day").size().tolist() == in_files


def test_a_song_has_all_18_fields_and_no_other_row_has_a_song(events, out):
    songs = [row for row in objects_of(out) if row["page"] == "NextSong"]
    assert all(row.keys() == FIELDS for row in songs)
    assert (
        events.loc[events["page"] != "NextSong", ["artist", "song", "length"]].isna().all(axis=None)
    )


def test_every_page_has_one_method_and_one_status_per_visitor(events):
    assert events["page"].nunique() == 22
    kinds = events.groupby(["page", "auth"])[["method", "status"]].nunique()
    assert (kinds == 1).all(axis=None)


def test_lines_of_an_exported_day_name_all_fields_and_the_last_has_no_end(spoiled):
    exported = [text_of(path) for path in log_files(spoiled)]
    exported = [text for text in exported if text.startswith('{"artist"')]
    assert 0 < len(exported) < DAYS / 2
    for text in exported:
        assert text.isascii()
        assert not text.endswith("\n")
        rows = [json.loads(line) for line in text.split("\n")]
        assert all(list(row) == sorted(FIELDS) for row in rows)
        assert {type(row["registration"]) for row in rows} == {float, type(None)}


def test_other_days_leave_out_what_is_not_there_and_end_every_line(spoiled):
    generated = [text for text in map(text_of, log_files(spoiled)) if text.startswith('{"ts"')]
    assert generated
    assert all(text.endswith("}\n") and ":null" not in text for text in generated)


def few(folder: Path, **settings) -> list[dict]:
    """What ten days of few listeners say, with None for what is left out."""
    simulate(folder, listeners=40, days=10, packed=False, dirt=False, **settings)
    return [dict.fromkeys(FIELDS) | row for row in objects_of(folder)]


def test_an_exported_day_says_the_same(tmp_path):
    generated = few(tmp_path / "generated", file_faults=False)
    assert few(tmp_path / "exported") == generated
    starts = {text_of(path)[:5] for path in log_files(tmp_path / "exported")}
    assert starts == {'{"ts"', '{"art'}


def test_dirt_encodes_some_names_twice_and_changes_nothing_else(out, spoiled):
    pairs = list(zip(objects_of(out), objects_of(spoiled), strict=True))
    differing: Counter = Counter()
    for right, wrong in pairs:
        for field in FIELDS:
            clean, dirty = right.get(field), wrong.get(field)
            if clean != dirty:
                differing[field] += 1
                assert clean.encode().decode("latin-1") == dirty
    assert differing.keys() == {"artist", "song"}
    accented = sum(not right.get("artist", "").isascii() for right, _ in pairs)
    assert 0.7 < differing["artist"] / accented < 0.9


# Nobody, and who comes from nobody.


def test_logged_out_rows_have_no_user_and_tell_nothing_about_one(events):
    nobody = events[events["userId"] == ""]
    assert set(nobody["auth"]) == {"Logged Out", "Guest"}
    profile = ["firstName", "lastName", "gender", "location", "userAgent", "registration"]
    assert nobody[profile].isna().all(axis=None)
    assert known(events)[profile].notna().all(axis=None)
    assert 0.02 < len(nobody) / len(events) < 0.04


def test_logged_out_rows_may_share_one_user_id(tmp_path):
    blank = few(tmp_path / "blank")
    shared = few(tmp_path / "shared", logged_out_id="1261737")
    assert shared == [row | {"userId": row["userId"] or "1261737"} for row in blank]
    assert shared != blank


def test_new_listeners_register_as_guests_at_the_second_that_their_rows_repeat(events, out):
    listeners = truth(out, "listeners")
    new = listeners[listeners["sign_up_day"].between(0, DAYS - 1)]
    submitted = events.loc[events["page"] == "Submit Registration", "time"]
    assert len(new) > 10
    assert submitted.tolist() == new["registered"].sort_values().tolist()
    rows = known(events).groupby("user_id")
    assert (rows["time"].agg("min").reindex(new["user_id"]) > new["registered"].tolist()).all()
    registered = pd.to_datetime(rows["registration"].agg("first"), unit="ms")
    expected = listeners.set_index("user_id")["registered"].reindex(registered.index)
    assert registered.tolist() == expected.tolist()


def test_new_listeners_come_at_a_steady_pace(tmp_path):
    simulate(tmp_path, listeners=2_000, days=1, packed=False)
    days = truth(tmp_path, "listeners").query("sign_up_day >= 0")["sign_up_day"]
    assert len(days) == 300
    assert np.histogram(days, bins=[0, 21, 42, 63])[0].tolist() == [100, 100, 100]


# Plans and cancellations.


def test_cancellations_are_those_of_the_truth_to_the_day_and_plan(events, out):
    rows = known(events[events["page"] == "Cancellation Confirmation"])
    logged = {(row.user_id, row.day, row.level) for row in rows.itertuples()}
    gone = truth(out, "cancellations")
    assert {(row.user_id, row.day, row.plan) for row in gone.itertuples()} == logged
    assert len(rows) == len(gone) > 9


def test_nobody_acts_after_confirming(events):
    rows = known(events)
    confirmed = rows[rows["page"] == "Cancellation Confirmation"].set_index("user_id")["ts"]
    last = rows.groupby("user_id")["ts"].agg("max")
    assert (last.reindex(confirmed.index) == confirmed).all()
    last_pages = rows.groupby("user_id")["page"].agg("last")
    assert (last_pages.reindex(confirmed.index) == "Cancellation Confirmation").all()


def test_some_cancels_end_in_an_error(events):
    rows = known(events)
    following = rows.groupby("user_id")["page"].shift(-1)[rows["page"] == "Cancel"]
    assert set(following) == {"Cancellation Confirmation", "Error"}


def test_changes_of_plan_are_those_of_the_truth(events, out):
    rows = known(events[events["page"].isin(["Submit Upgrade", "Submit Downgrade"])])
    to = {"Submit Upgrade": "paid", "Submit Downgrade": "free"}
    logged = [(row.user_id, row.day, to[row.page]) for row in rows.itertuples()]
    plans = truth(out, "plans")
    changes = plans[plans.duplicated("user_id")]
    assert sorted(logged) == sorted(changes.itertuples(index=False, name=None))
    assert set(changes["plan"]) == {"free", "paid"}


def test_the_plan_of_a_listener_changes_only_where_a_change_is_submitted(events):
    rows = known(events)
    by_user = rows.groupby("user_id")
    changed = by_user["level"].shift() != rows["level"]
    changed &= by_user["page"].shift().notna()
    before = by_user["page"].shift()[changed]
    assert set(before) == {"Submit Upgrade", "Submit Downgrade"}
    assert changed.sum() == rows["page"].isin(["Submit Upgrade", "Submit Downgrade"]).sum()


def test_every_listener_has_one_first_plan(out):
    listeners, plans = truth(out, "listeners"), truth(out, "plans")
    first = plans.drop_duplicates("user_id").set_index("user_id")["plan"]
    seen = listeners[listeners["sign_up_day"] < DAYS].set_index("user_id")["first_plan"]
    assert first.to_dict() == seen.to_dict()


def test_drifts_do_not_overlap_and_end_as_the_truth_says(out):
    drifts, gone = truth(out, "drifts"), truth(out, "cancellations")
    before = drifts.groupby("user_id")["last_day"].shift()
    assert not (drifts["first_day"] <= before).any()
    assert set(drifts["ended"]) == {"", "settled", "cancelled"}
    assert (drifts["last_day"].isna() == (drifts["ended"] == "")).all()
    ended = drifts[drifts["ended"] == "cancelled"].set_index("user_id")["last_day"]
    assert ended.to_dict() == gone.set_index("user_id")["day"].reindex(ended.index).to_dict()
    lasted = (drifts["last_day"] - drifts["first_day"]).dt.days + 1
    assert (lasted[drifts["ended"] == "settled"] == 21).all()


def test_adverts_are_for_the_free_plan(events):
    levels = events.loc[events["page"] == "Roll Advert", "level"].value_counts(normalize=True)
    assert levels["free"] > 0.9


# The clock.


def test_the_next_song_begins_when_a_song_is_over_or_turned_down(events):
    rows = known(events).reset_index(drop=True)
    songs = rows[rows["page"] == "NextSong"]
    sessions = songs.groupby(["user_id", "sessionId"])
    gap_s = (sessions["ts"].shift(-1) - songs["ts"]) / 1000
    number = rows.groupby(["user_id", "sessionId"])["page"].transform(
        lambda page: (page == "NextSong").cumsum()
    )
    key = [rows["user_id"], rows["sessionId"], number]
    is_down = (rows["page"] == "Thumbs Down").groupby(key).transform("any")[songs.index]
    kept = gap_s.notna() & ~is_down
    assert ((gap_s - songs["length"])[kept].abs() <= 1).all()
    assert not (gap_s[is_down] > songs["length"][is_down] + 1).any()


def test_sessions_of_a_listener_come_one_after_the_other(events):
    spans = known(events).groupby(["user_id", "sessionId"])["ts"].agg(["min", "max"])
    spans = spans.sort_values(["user_id", "min"])
    before = spans.groupby("user_id")["max"].shift()
    assert not (spans["min"] <= before).any()


def test_a_session_belongs_to_its_user_and_its_items_are_numbered(events):
    rows = known(events)
    assert rows.groupby("sessionId")["user_id"].nunique().max() > 1
    sessions = rows.groupby(["user_id", "sessionId"])["itemInSession"]
    assert (sessions.diff().dropna() > 0).all()
    assert set(sessions.agg("min")) <= set(range(6))


def test_some_sessions_run_past_midnight(events):
    days = known(events).groupby(["user_id", "sessionId"])["day"].nunique()
    assert days.max() == 2


def test_weekends_are_quieter(events):
    per_day = known(events).groupby("day").size().iloc[:21]
    is_weekend = per_day.index.day_of_week >= 5
    assert per_day[is_weekend].mean() < 0.9 * per_day[~is_weekend].mean()


# Taste.


def test_listeners_come_back_to_artists_of_their_own(events):
    songs = known(events[events["page"] == "NextSong"])
    is_late = songs["time"] >= FIRST + pd.Timedelta(days=DAYS // 2)
    early, late = songs[~is_late], songs[is_late]
    counts = early.groupby(["user_id", "artist"]).size().reset_index(name="n")
    counts = counts.sort_values(["user_id", "n", "artist"], ascending=[True, False, True])
    own = counts.groupby("user_id").head(4)[["user_id", "artist"]]
    hits = late.merge(own, on=["user_id", "artist"])
    everybodys = early["artist"].value_counts().index[:4]
    assert len(hits) > 3 * late["artist"].isin(everybodys).sum()


# The truth.


def test_user_days_count_the_rows_of_the_log(events, out):
    logged = known(events).groupby(["user_id", "day"]).size().to_dict()
    days = truth(out, "user_days").astype({"day": "datetime64[ns]"})
    assert days.set_index(["user_id", "day"])["n_events"].to_dict() == logged


def test_sign_ups_need_a_day_to_come_on(tmp_path):
    with pytest.raises(SettingsError, match="sign_up_days is 0"):
        simulate(tmp_path, listeners=5, sign_up_days=0)


def test_the_command_logs_as_many_days_as_were_published(tmp_path, monkeypatch):
    asked = {}
    monkeypatch.setattr("tenuto.pipeline.simulate", lambda *_, **options: asked.update(options))
    words = ["simulate", "sparkify", str(tmp_path), "--listeners", "5"]
    assert CliRunner().invoke(build_program(), words).exit_code == 0
    assert asked["days"] == 63
