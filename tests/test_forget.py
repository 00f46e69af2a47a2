"""Forgetting a listener: nothing is left, nothing comes back, and nobody else loses a row."""

import json
import shutil
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from conftest import bytes_of, events_of, rollup_of, set_aside_of, workspace_over
from forgotten import naming, texts_of
from made_service import known_from, plays_of_a_service
from service import settle
from tenuto import forgetting, pipeline, privacy
from tenuto.errors import ContractError, SettingsError, WorkspaceError
from tenuto.forgetting._taste import without_tastes
from tenuto.ingest import Ledger, ingest
from tenuto.preferences import add_feedback
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders.ease import Model as Ease
from tenuto.rollups import build_rollups
from tenuto.workspace import Workspace
from test_pipeline import QUICK, write_town

SECRET = "0123456789abcdef" * 4
GONE, STAYS = 168000001, 168000002
CUTOFF = date(2017, 4, 29)


@pytest.fixture(autouse=True)
def _secret(monkeypatch):
    monkeypatch.setenv(privacy.KEY_VARIABLE, SECRET)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A workspace after a run, in which one listener can be in every place."""
    folder = tmp_path_factory.mktemp("forget")
    logs = write_town(folder / "logs")
    with (logs / "20170428_3_play.log").open("a") as file:
        # Lines that are set aside name listeners, too.
        file.write(f"\t{GONE}\tar\n\t{STAYS}\tar\n")
    workspace = settle(workspace_over(logs, folder / "workspace"), QUICK)
    add_feedback(workspace.root, GONE, 100, "like", CUTOFF - timedelta(days=2))
    add_feedback(workspace.root, STAYS, 101, "dislike", CUTOFF - timedelta(days=2))
    pipeline.run(workspace)
    return workspace


@pytest.fixture
def workspace(finished, tmp_path):
    """A copy of it, with logs of its own."""
    return copied(finished, tmp_path)


@pytest.fixture(scope="module")
def forgotten(finished, tmp_path_factory):
    """A copy in which the listener was forgotten, after an export, and the receipt."""
    made = copied(finished, tmp_path_factory.mktemp("forgotten"))
    privacy.exported(made, "campaign", "/srv/crm/contacts.csv", 12, run=CUTOFF, by="eve")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(privacy.KEY_VARIABLE, SECRET)
        return made, forgetting.forget(made, [str(GONE)])


def copied(workspace, folder):
    for name in ("logs", "workspace"):
        shutil.copytree(workspace.root.parent / name, folder / name)
    return settle(Workspace(folder / "workspace"), QUICK)


def places(names):
    """The top folders of files, and of runs the step."""
    return {"/".join(name.split("/")[: 3 if name.startswith("runs") else 1][::2]) for name in names}


def test_a_byte_search_of_the_whole_workspace_finds_nothing_of_who_was_forgotten(
    finished, forgotten
):
    before = naming(finished.root, GONE)
    assert {"lake", "rollups", "audit", "feedback", "campaigns"} <= places(before)
    assert {"runs/churn", "runs/recommend", "runs/retention"} <= places(before)
    workspace, receipt = forgotten
    assert naming(workspace.root, GONE) == []
    assert receipt.left == ()


def test_everybody_else_stays(finished, forgotten):
    now = forgotten[0].root
    tables = ("churn/churn_scores.parquet", "recommend/recommendations.parquet")
    names = [f"runs/{CUTOFF}/{name}" for name in tables]
    for name in [*names, "campaigns/retention/groups.parquet"]:
        then = pd.read_parquet(finished.root / name)
        others = then[then["user_id"] != GONE].reset_index(drop=True)
        pd.testing.assert_frame_equal(pd.read_parquet(now / name), others)
    events = events_of(finished)
    others = events[events["user_id"] != GONE].reset_index(drop=True)
    pd.testing.assert_frame_equal(events_of(forgotten[0]), others)


def test_sums_by_day_are_those_of_a_log_in_which_the_listener_never_was(forgotten, tmp_path):
    workspace, _ = forgotten
    without = tmp_path / "without"
    without.mkdir()
    for name, content in bytes_of(workspace.logs).items():
        lines = content.decode().splitlines(keepends=True)
        (without / name).write_text("".join(line for line in lines if str(GONE) not in line))
    other = settle(workspace_over(without, tmp_path / "other"), QUICK)
    ingest(other)
    build_rollups(other)
    for name in ("user_days", "item_days", "user_item_days"):
        pd.testing.assert_frame_equal(rollup_of(workspace, name), rollup_of(other, name))


def test_lines_read_are_still_lines_kept_and_lines_set_aside(finished, forgotten):
    workspace, _ = forgotten
    before, after = (Ledger(one.audit / "ledger").files() for one in (finished, workspace))
    n_gone = int((events_of(finished)["user_id"] == GONE).sum())
    assert (after["read"] == after["kept"] + after["absorbed"] + after["set_aside"]).all()
    assert after["set_aside"].sum() - before["set_aside"].sum() == n_gone > 0
    assert after["kept"].sum() == len(events_of(workspace))
    assert len(set_aside_of(workspace)) == after["set_aside"].sum()


def test_a_line_that_was_set_aside_stays_listed_without_its_text(forgotten):
    texts = set_aside_of(forgotten[0])["record"]
    assert (texts == privacy.HIDDEN).any()
    assert texts.str.contains(str(STAYS)).any()


def test_to_forget_again_finds_nothing_more_and_changes_nothing(forgotten, tmp_path):
    workspace = copied(forgotten[0], tmp_path)
    before = but_receipts(workspace)
    again = forgetting.forget(workspace, [str(GONE)])
    assert set(again.removed.values()) == {0}
    assert but_receipts(workspace) == before


def but_receipts(workspace):
    files = bytes_of(workspace.root).items()
    return {name: content for name, content in files if "receipts" not in name}


def test_forgetting_that_was_killed_goes_on_where_it_stopped(workspace, monkeypatch):
    from tenuto.forgetting import rollups

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rollups, "forget", killed)
        with pytest.raises(KeyboardInterrupt):
            forgetting.forget(workspace, [str(GONE)])
    assert naming(workspace.root, GONE) != []
    forgetting.forget(workspace, [str(GONE)])
    assert naming(workspace.root, GONE) == []
    files = Ledger(workspace.audit / "ledger").files()
    assert (files["read"] == files["kept"] + files["absorbed"] + files["set_aside"]).all()


def test_the_receipt_and_the_tombstone_name_nobody_and_need_the_secret(forgotten):
    workspace, receipt = forgotten
    said = json.loads(receipt.file.read_text())
    assert sum(said["removed"].values()) > 0
    assert said["listeners"] == [privacy.Key(SECRET.encode()).tombstone(GONE)]
    assert said["listeners"] != [privacy.Key(b"another").tombstone(GONE)]
    assert not any(SECRET in text for text in texts_of(workspace.root).values())


def test_the_receipt_says_what_was_exported_before(forgotten):
    assert [entry["to"] for entry in forgotten[1].exports] == ["/srv/crm/contacts.csv"]


def test_a_saved_recommender_loads_and_knows_the_listener_no_more(finished, forgotten):
    folder = f"runs/{CUTOFF}/recommend/models/item_knn"
    before, after = (Recommender.load(one.root / folder) for one in (finished, forgotten[0]))
    assert GONE in before.user_ids
    assert GONE not in after.user_ids
    lists = [one.recommend([STAYS], k=3, exclude_heard=True) for one in (before, after)]
    pd.testing.assert_frame_equal(*lists)


@pytest.mark.slow
def test_the_run_after_forgetting_is_that_of_a_service_without_the_listener(forgotten, tmp_path):
    workspace = copied(forgotten[0], tmp_path)
    pipeline.run(workspace)
    assert naming(workspace.root, GONE) == []
    scores = pd.read_parquet(workspace.run_folder(CUTOFF) / "churn" / "churn_scores.parquet")
    assert len(scores) == 49


def test_ease_of_few_users_without_one_is_ease_as_if_the_one_had_never_been_there(tmp_path):
    plays = plays_of_a_service(n_listeners=20, n_songs=80)
    model, other = Ease(weighting="binary"), Ease(weighting="binary")
    model.fit(known_from(plays))
    model.save(tmp_path / "model")
    tables = {file.name: pq.read_table(file) for file in (tmp_path / "model").glob("*.parquet")}
    gone = np.arange(20) == 7
    found = without_tastes(tables, tables["users.parquet"], tables["histories.parquet"], gone)
    others = plays[plays["user_id"] != "u0007"]
    other.fit(known_from(others))
    other.save(tmp_path / "other")
    wanted = pq.read_table(tmp_path / "other" / "inverse.parquet")["value"].to_numpy()
    assert found["inverse.parquet"]["value"].to_numpy() == pytest.approx(wanted, abs=1e-6)
    assert found["taste.parquet"].num_rows == tables["taste.parquet"].num_rows - len(
        plays[plays["user_id"] == "u0007"]["item_id"].unique()
    )


def test_without_a_secret_nobody_is_forgotten_and_the_mend_is_named(finished, monkeypatch):
    monkeypatch.delenv(privacy.KEY_VARIABLE)
    before = bytes_of(finished.root)
    with pytest.raises(SettingsError, match=privacy.KEY_VARIABLE):
        forgetting.forget(finished, [str(GONE)])
    assert bytes_of(finished.root) == before


def test_another_secret_than_before_is_refused(forgotten, monkeypatch):
    workspace, _ = forgotten
    monkeypatch.setenv(privacy.KEY_VARIABLE, SECRET[::-1])
    with pytest.raises(SettingsError, match="another one"):
        forgetting.forget(workspace, [str(STAYS)])
    assert naming(workspace.root, STAYS) != []


@pytest.mark.parametrize("user_id", ["ann", "168000001.0", ""])
def test_an_id_that_cannot_be_of_this_log_is_refused(finished, user_id):
    with pytest.raises(ContractError, match="whole numbers"):
        forgetting.forget(finished, [user_id])


def test_a_link_in_the_workspace_is_not_followed(workspace, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.csv").write_text(f"user_id\n{GONE}\n")
    (workspace.root / "runs" / "elsewhere").symlink_to(outside)
    with pytest.raises(WorkspaceError, match="is a link"):
        forgetting.forget(workspace, [str(GONE)])
    assert str(GONE) in (outside / "mine.csv").read_text()
