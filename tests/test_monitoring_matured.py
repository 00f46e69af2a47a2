"""Predictions held against what came: by hand, run by run, without those contacted."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from conftest import bytes_of
from saved_results import write
from service import CUTOFF, day_before, did, timeline_of
from tenuto.monitoring import mature
from tenuto.monitoring._holdout import held_out
from tenuto.workspace import Workspace

HORIZON = 7
USERS = range(1, 41)
LEFT = range(1, 11)


def events(*, last_ago=-HORIZON + 1):
    """Forty listeners, active three days before the cutoff; ten never come back."""
    before = [did(user, "search", 3) for user in USERS]
    return before + [
        did(user, "search", ago)
        for user in USERS
        for ago in range(0, last_ago - 1, -1)
        if user not in LEFT
    ]


def a_workspace(root, cutoff=CUTOFF, **columns):
    """A run whose scores put those who left on top, and say 0.2 too much of everybody."""
    workspace = Workspace.create(root, source="musicbox", logs=root.parent / "logs")
    workspace.settings.churn.bootstrap_draws = 20
    save_run(workspace, cutoff, **columns)
    return workspace


def save_run(workspace, cutoff, **columns):
    folder = workspace.run_folder(cutoff) / "churn"
    folder.mkdir(parents=True)
    left = np.isin(USERS, LEFT)
    scores = pd.DataFrame({"user_id": list(USERS), "probability": np.where(left, 0.75, 0.35)})
    scores = scores.assign(**{"is_active_14d": True, "is_active_7d": True} | columns)
    scores.to_parquet(folder / "churn_scores.parquet", index=False)
    summary = {"cutoff": str(cutoff), "label": "inactivity", "model": "boosting"}
    write(folder / "summary.json", summary | {"horizon_days": HORIZON})


def campaign(workspace, treated, held, cutoff=CUTOFF, name="spring", *, is_sent=True):
    """Groups as the call list keeps them; an export leaves a file beside them."""
    folder = workspace.root / "campaigns" / name
    folder.mkdir(parents=True)
    users = [*treated, *held]
    groups = ["treat"] * len(treated) + ["holdout"] * len(held)
    table = pd.DataFrame({"user_id": users, "cutoff": cutoff, "group": groups})
    table.to_parquet(folder / "groups.parquet", index=False)
    if is_sent:
        (folder / "exported.parquet").touch()


def figures(workspace):
    return pd.read_csv(workspace.root / "matured" / "matured.csv")


def headline(workspace):
    rows = figures(workspace)
    return rows[rows["population"] == "active_14d"].set_index("metric")


@pytest.fixture
def timeline(duckdb_engine, tmp_path):
    return timeline_of(duckdb_engine, tmp_path / "sums", events())


@pytest.fixture
def workspace(tmp_path):
    return a_workspace(tmp_path / "w")


def test_a_run_is_held_against_what_came_after_it(duckdb_engine, timeline, workspace):
    summary = mature(workspace, duckdb_engine, timeline)
    assert summary.matured == summary.matured_now == (str(CUTOFF),)
    rows = headline(workspace)
    auc = rows.loc["auc"]
    assert (auc["value"], auc["base_rate"], auc["n_rows"], auc["n_unknown"]) == (1.0, 0.25, 40, 0)
    assert auc["mean_prediction"] == pytest.approx(0.45)
    assert rows.loc["lift_at_10", "value"] == rows.loc["lift_cap_at_10", "value"] == 4.0
    assert rows.loc["ece", "value"] == pytest.approx(0.25 * 0.25 + 0.75 * 0.35)
    assert set(rows["who"]) == {"everybody"}


def test_a_run_whose_window_is_open_waits_for_its_day(duckdb_engine, tmp_path, workspace):
    timeline = timeline_of(duckdb_engine, tmp_path / "sums", events(last_ago=-HORIZON + 2))
    summary = mature(workspace, duckdb_engine, timeline)
    assert summary.matured == ()
    assert summary.waiting == {str(CUTOFF): str(CUTOFF + timedelta(days=HORIZON))}
    assert not (workspace.root / "matured").exists()


def test_maturing_twice_does_nothing_and_leaves_the_same_bytes(duckdb_engine, timeline, workspace):
    mature(workspace, duckdb_engine, timeline)
    before = bytes_of(workspace.root / "matured")
    again = mature(workspace, duckdb_engine, timeline)
    assert again.matured_now == ()
    assert again.matured == (str(CUTOFF),)
    assert bytes_of(workspace.root / "matured") == before


def test_days_after_the_window_change_nothing(duckdb_engine, tmp_path, timeline, workspace):
    mature(workspace, duckdb_engine, timeline)
    later = [did(1, "search", -HORIZON - 3)]
    longer = timeline_of(duckdb_engine, tmp_path / "longer", [*events(), *later])
    assert mature(workspace, duckdb_engine, longer).matured_now == ()


def test_other_events_within_the_window_mature_it_again(duckdb_engine, tmp_path, workspace):
    def write_sums(name, more=()):
        made = timeline_of(duckdb_engine, tmp_path / name, [*events(), *more])
        # The sums of these tests carry their day as digest: here one day is another.
        changed = {str(CUTOFF): name}
        return type("Other", (type(made),), {"digests": lambda self: changed})(made.rollups)

    mature(workspace, duckdb_engine, write_sums("first"))
    late = [did(1, "search", -1)]
    summary = mature(workspace, duckdb_engine, write_sums("second", late))
    assert summary.matured_now == (str(CUTOFF),)
    assert headline(workspace).loc["auc", "base_rate"] == pytest.approx(9 / 40)


def test_runs_stand_side_by_side_and_are_never_pooled(duckdb_engine, timeline, workspace):
    earlier = CUTOFF - timedelta(days=1)
    save_run(workspace, earlier)
    mature(workspace, duckdb_engine, timeline)
    rows = figures(workspace)
    assert list(dict.fromkeys(rows["cutoff"])) == [str(earlier), str(CUTOFF)]
    assert (rows.groupby(["cutoff", "population", "metric"]).size() == 1).all()


def test_populations_are_those_of_the_day_of_the_run(duckdb_engine, timeline, tmp_path):
    workspace = a_workspace(tmp_path / "w2", is_active_7d=[user <= 20 for user in USERS])
    mature(workspace, duckdb_engine, timeline)
    sizes = figures(workspace).groupby("population")["n_rows"].first()
    assert sizes.to_dict() == {"all": 40, "active_14d": 40, "active_7d": 20}


def test_a_listener_whose_days_were_taken_back_is_counted_as_unknown(
    duckdb_engine, tmp_path, workspace
):
    fewer = [event for event in events() if event["user_id"] != 40]
    mature(workspace, duckdb_engine, timeline_of(duckdb_engine, tmp_path / "fewer", fewer))
    auc = headline(workspace).loc["auc"]
    assert (auc["n_rows"], auc["n_unknown"]) == (39, 1)


def test_a_run_without_models_is_passed_over(duckdb_engine, timeline, workspace):
    folder = workspace.run_folder(day_before(2)) / "churn"
    folder.mkdir(parents=True)
    (folder / "churn_scores.parquet").touch()
    write(folder / "summary.json", {"cutoff": str(day_before(2)), "skipped": "too short a log"})
    assert mature(workspace, duckdb_engine, timeline).matured == (str(CUTOFF),)


def test_where_a_campaign_ran_only_those_left_alone_count(duckdb_engine, timeline, workspace):
    """All ten leavers but 1 and 2 were contacted: of the hold-out 2 in 12 left."""
    campaign(workspace, treated=range(3, 31), held=[1, 2, *range(31, 41)])
    mature(workspace, duckdb_engine, timeline)
    auc = headline(workspace).loc["auc"]
    assert auc["who"] == "hold-out"
    assert auc["n_rows"] == 12
    assert auc["base_rate"] == pytest.approx(2 / 12)


def test_a_campaign_that_was_planned_and_never_sent_touched_nobody(tmp_path):
    workspace = a_workspace(tmp_path / "w5")
    campaign(workspace, treated=[1], held=[2], is_sent=False)
    assert held_out(workspace.root, date(2030, 1, 1)) is None


def test_who_was_drawn_to_be_contacted_and_not_planned_for_was_not_contacted(tmp_path):
    workspace = a_workspace(tmp_path / "w6")
    campaign(workspace, treated=[1, 2], held=[3], name="spring")
    campaign(workspace, treated=[3], held=[4], name="summer")
    file = workspace.root / "campaigns" / "summer" / "groups.parquet"
    pd.read_parquet(file).assign(contacted=False).to_parquet(file, index=False)
    assert held_out(workspace.root, date(2030, 1, 1)) == {3, 4}


def test_a_campaign_that_began_after_the_window_closed_is_none_of_its_business(tmp_path):
    workspace = a_workspace(tmp_path / "w3")
    closed_on = CUTOFF + timedelta(days=HORIZON)
    campaign(workspace, treated=[1], held=[2], cutoff=closed_on)
    assert held_out(workspace.root, closed_on) is None
    assert held_out(workspace.root, closed_on + timedelta(days=1)) == {2}


def test_who_was_held_out_of_one_campaign_and_treated_in_another_was_contacted(tmp_path):
    workspace = a_workspace(tmp_path / "w4")
    campaign(workspace, treated=[1], held=[2, 3], name="spring")
    campaign(workspace, treated=[2], held=[1, 4], name="summer")
    assert held_out(workspace.root, date(2030, 1, 1)) == {3, 4}
