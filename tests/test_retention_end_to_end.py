"""From raw logs to a list on which every listener has reasons, an action, songs and a group."""

import pandas as pd
import pytest

from conftest import workspace_over
from tenuto import pipeline
from tenuto.retention._groups import remembered

pytestmark = pytest.mark.slow

SERVICES = {"musicbox": ("2017-04-29", {"days": 44}), "sparkify": (None, {"days": 63})}


@pytest.fixture(scope="module", params=SERVICES)
def planned(request, tmp_path_factory):
    """A workspace over 300 made listeners, and its plan."""
    folder = tmp_path_factory.mktemp(request.param)
    cutoff, options = SERVICES[request.param]
    pipeline.simulate(request.param, folder / "logs", listeners=300, **options)
    workspace = workspace_over(folder / "logs", folder / "w", request.param)
    workspace.settings.churn.models = ["boosting", "recency_rule"]
    workspace.settings.churn.bootstrap_draws = 20
    pipeline.ingest(workspace)
    pipeline.churn(workspace, cutoff)
    pipeline.recommend(workspace, cutoff)
    return workspace, pipeline.retain(workspace, cutoff)


def listed(planned):
    workspace, summary = planned
    folder = workspace.run_folder(summary.cutoff) / "retention"
    return pd.read_parquet(folder / "call_list.parquet")


def test_every_row_has_reasons_an_action_songs_and_a_group(planned):
    table = listed(planned)
    songs = [f"song_{number}" for number in range(1, 6)]
    asked = ["reason_1", "reason_1_text", "action", "group", "band", *songs]
    assert len(table) > 100
    assert table[asked].notna().all().all()
    assert not (table["reason_1"] == "not_explained").any()
    assert table[songs].nunique(axis="columns").eq(5).all()


def test_the_summary_says_what_the_plan_would_have_brought(planned):
    _, summary = planned
    assert [row["ranking"] for row in summary.profit] == ["boosting", "recency_rule"]
    assert summary.n_planned == summary.n_contacted + summary.n_held_out > 0


def test_the_campaign_remembers_everybody_on_the_list(planned):
    workspace, _ = planned
    memory = remembered(workspace.root / "campaigns", "retention").set_index("user_id")
    table = listed(planned).set_index("user_id").sort_index()
    assert memory["group"].equals(table["group"])
    assert memory["contacted"].equals(table["contacted"])


def test_planning_again_after_the_results_are_lost_gives_the_same_bytes(planned):
    workspace, summary = planned
    folder = workspace.run_folder(summary.cutoff) / "retention"
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    (folder / "step.json").unlink()
    pipeline.retain(workspace, summary.cutoff)
    after = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    assert after == before
