"""Campaigns in simulated services: offers work on the persuadable only, and the past stays."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tenuto.cli._program import build_program
from tenuto.errors import SettingsError, SourceError
from tenuto.retention._measure_effect import measure_effect
from tenuto.simulation import CATALOGUE
from tenuto.simulation._campaign import Contacts
from tenuto.simulation._campaign_table import KINDS, campaign_table

DAYS = {"musicbox": date(2017, 4, 8), "sparkify": date(2018, 10, 10)}
every_service = pytest.mark.parametrize("name", DAYS)
NOBODY = np.array([], dtype=np.int64)


def simulate(name: str, out: Path, contacted=None, effect=1.0, **settings) -> Path:
    """The truth's folder; ``contacted`` of None is a service without a campaign."""
    contacts = None if contacted is None else Contacts(contacted, DAYS[name], effect)
    usual = {"listeners": 150, "days": 12, "seed": 3, "packed": False}
    return CATALOGUE.get(name).simulate(out, contacts=contacts, **(usual | settings))


def everybody(truth: Path) -> np.ndarray:
    return pd.read_parquet(truth / "listeners.parquet")["user_id"].to_numpy()


def persuasion(truth: Path) -> pd.DataFrame:
    return pd.read_parquet(truth / "persuasion.parquet").set_index("user_id")


def logs(truth: Path) -> dict[str, bytes]:
    out = truth.parent
    files = (path for path in sorted(out.rglob("*")) if path.is_file())
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in files
        if truth not in path.parents
    }


@every_service
def test_days_before_the_contact_are_the_same_bytes(name, tmp_path):
    without = simulate(name, tmp_path / "without")
    with_one = simulate(name, tmp_path / "with", everybody(without))

    first_file = {"musicbox": "20170408", "sparkify": "2018-10-10"}[name]
    before = {
        path: content for path, content in logs(without).items() if Path(path).name < first_file
    }
    later = logs(with_one)
    assert len(before) > 5
    assert all(later[path] == content for path, content in before.items())
    assert later != logs(without)


@every_service
def test_the_truth_says_what_each_would_do_either_way(name, tmp_path):
    truth = simulate(name, tmp_path, NOBODY, listeners=900, days=10)
    found = persuasion(truth)

    end = pd.Timestamp(DAYS[name] + timedelta(days=14))
    would, would_still = (
        (found[column] < end).to_numpy() for column in ("leaves_without", "leaves_with")
    )
    expected = {
        "sure stayer": ~would & ~would_still,
        "lost cause": would & would_still,
        "persuadable": would & ~would_still,
        "sleeping dog": ~would & would_still,
    }
    for kind in KINDS:
        assert (found["kind"] == kind).any()
        assert ((found["kind"] == kind).to_numpy() == expected[kind]).all()
    assert not found["is_contacted"].any()


@every_service
def test_kinds_do_not_depend_on_who_is_contacted(name, tmp_path):
    nobody = simulate(name, tmp_path / "nobody", NOBODY)
    some = simulate(name, tmp_path / "some", everybody(nobody)[::2])

    columns = ["kind", "leaves_without", "leaves_with"]
    pd.testing.assert_frame_equal(persuasion(nobody)[columns], persuasion(some)[columns])
    assert 0 < persuasion(some)["is_contacted"].mean() < 1


@every_service
def test_without_effect_contact_changes_nobody(name, tmp_path):
    truth = simulate(name, tmp_path, NOBODY, effect=0.0)

    assert set(persuasion(truth)["kind"]) == {"sure stayer", "lost cause"}


def test_subscribers_cancel_when_the_truth_says_so(tmp_path):
    first = simulate("sparkify", tmp_path / "first", days=1, contacted=None)
    truth = simulate("sparkify", tmp_path / "all", everybody(first)[::2], days=23)
    found = persuasion(truth)
    cancelled = pd.read_parquet(truth / "cancellations.parquet").set_index("user_id")["day"]

    expected = found["leaves_with"].where(found["is_contacted"], found["leaves_without"])
    end = pd.Timestamp(DAYS["sparkify"] + timedelta(days=14))
    happened = cancelled.reindex(found.index)
    early = happened.where(happened < end).astype(expected.dtype)
    pd.testing.assert_series_equal(early, expected, check_names=False)
    assert expected.notna().any()


def test_who_is_won_back_is_heard_of_again(tmp_path):
    nobody = simulate("musicbox", tmp_path / "nobody", NOBODY, days=19)
    truth = simulate("musicbox", tmp_path / "all", everybody(nobody), days=19)
    found = persuasion(truth)
    day = pd.Timestamp(DAYS["musicbox"])
    was_gone = found[(found["kind"] == "persuadable") & (found["leaves_without"] <= day)]

    def heard(folder):
        days = pd.read_parquet(folder / "user_days.parquet")
        return set(days.loc[pd.to_datetime(days["day"]) >= day, "user_id"])

    assert not heard(nobody) & set(was_gone.index)
    assert len(heard(truth) & set(was_gone.index)) > 0.7 * len(was_gone)


def test_a_call_list_is_read_without_its_hold_out(tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("external_id,group\n7,treat\n5,treat\n6,holdout\n")

    assert Contacts.read(file, DAYS["musicbox"]).user_id.tolist() == [5, 7]


@pytest.mark.parametrize(
    ("text", "day", "effect", "message"),
    [
        ("id\n7\n", "2017-04-08", 1.0, "no column 'user_id'"),
        ("user_id\n7\n", "8 April", 1.0, "'8 April' is not a date"),
        ("user_id\n7\n", "2017-04-08", 2.0, "effect is 2.0"),
        ("user_id\n7\n", None, 1.0, "a campaign needs"),
    ],
)
def test_a_campaign_that_makes_no_sense_is_refused(text, day, effect, message, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text(text)

    with pytest.raises((SettingsError, SourceError), match=message):
        Contacts.asked(file, day, effect)


@every_service
def test_a_list_of_strangers_or_a_day_outside_the_log_is_refused(name, tmp_path):
    with pytest.raises(SettingsError, match="nobody on the call list"):
        simulate(name, tmp_path / "strangers", np.array([-5]))
    with pytest.raises(SettingsError, match="not within the log"):
        simulate(name, tmp_path / "late", NOBODY, days=3)


def test_the_command_simulates_a_campaign(tmp_path):
    first = simulate("musicbox", tmp_path / "first", days=1)
    file = tmp_path / "list.csv"
    pd.DataFrame({"user_id": everybody(first)[:50]}).to_csv(file, index=False)
    out = tmp_path / "out"
    words = f"simulate musicbox {out} --listeners 150 --days 11 --seed 3 --from 2017-04-08"

    shown = CliRunner().invoke(build_program(), [*words.split(), "--campaign", str(file)])

    assert shown.exit_code == 0, shown.stderr
    assert persuasion(out / "truth")["is_contacted"].sum() == 50


# The table.


def test_the_tables_listeners_are_the_same_at_any_effect():
    none, full = campaign_table(2_000, seed=1, effect=0.0), campaign_table(2_000, seed=1)

    same = ["user_id", "probability", "group", "y0", "is_paid"]
    pd.testing.assert_frame_equal(none[same], full[same])
    assert (none["y0"] == none["y1"]).all()
    assert (full["y0"] - full["y1"]).mean() == pytest.approx(0.07, abs=0.02)


def test_who_is_likeliest_to_leave_is_not_whom_contact_helps_most():
    table = campaign_table(40_000, seed=1)
    helped = (table["y0"] - table["y1"]).groupby(table["stratum"]).mean()

    assert helped.iloc[9] < 0.6 * helped.iloc[7]
    # It can be learned all the same: the paying are easier to persuade.
    leavers = table[table["y0"] == 1].groupby("is_paid")["y1"].mean()
    assert leavers[1] < leavers[0] - 0.15


@pytest.mark.slow
def test_a_campaign_in_the_logs_is_measured_within_its_interval(tmp_path):
    """Both worlds are simulated, so that the true effect is known up to their own noise."""
    held, day = 0, DAYS["musicbox"]
    settings = {"listeners": 1_000, "days": 23}
    for seed in range(4):
        folder, settings["seed"] = tmp_path / str(seed), seed
        without = simulate("musicbox", folder / "none", NOBODY, **settings)
        users = everybody(without)
        contacted = users[np.random.default_rng(seed).random(len(users)) < 0.7]
        every = simulate("musicbox", folder / "all", users, **settings)
        real = simulate("musicbox", folder / "real", contacted, **settings)
        y = {name: silent(name, users, day) for name in (without, every, real)}
        group = np.where(np.isin(users, contacted), "treat", "holdout")
        found = measure_effect(pd.DataFrame({"group": group, "y": y[real]}))
        held += found.low <= (y[without] - y[every]).mean() <= found.high
        assert found.effect > 0

    assert held >= 3


def silent(truth: Path, users: np.ndarray, day: date) -> np.ndarray:
    """1 for who has no event in the 14 days from ``day`` on."""
    days = pd.read_parquet(truth / "user_days.parquet")
    when = pd.to_datetime(days["day"])
    first = pd.Timestamp(day)
    seen = days.loc[(when >= first) & (when < first + pd.Timedelta(days=14)), "user_id"]
    return (~np.isin(users, seen)).astype(int)
