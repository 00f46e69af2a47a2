"""The contract of the room of forgetting, for every place that a listener can be in."""

import json

import pandas as pd
import pytest

from conftest import bytes_of
from tenuto.forgetting import CATALOGUE, Listeners

GONE = 168000001
LISTENERS = Listeners((GONE,))
#: Where each member finds a table of listeners, if any table will do.
TABLES = {
    "campaigns": "campaigns/spring/groups",
    "feedback": "feedback/old",
    "others": "replications/sparkify/scores",
    "rollups": "rollups/users",
    "runs": "runs/2017-04-29/churn/churn_scores",
    "serving": "serving/notes",
}


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_nothing_is_found_in_a_new_workspace_and_nothing_is_changed(workspace, name):
    before = bytes_of(workspace.root)
    assert CATALOGUE.get(name).forget(workspace, LISTENERS) == 0
    assert bytes_of(workspace.root) == before


@pytest.mark.parametrize("name", TABLES)
def test_rows_of_the_listener_go_and_all_others_keep_their_bytes(workspace, name):
    folder = (workspace.root / TABLES[name]).parent
    folder.mkdir(parents=True, exist_ok=True)
    rows = pd.DataFrame({"user_id": [1, GONE, 2], "title": ['"a\nb"', "=1+1", "c,d"]})
    rows.to_parquet(folder / "table.parquet", index=False)
    rows.to_csv(folder / "table.csv", index=False)
    (folder / "table.json").write_text(json.dumps([{"user": GONE, "n": 1}, {"user": 2, "n": 3}]))
    (folder / "untouched.csv").write_text("user_id,n\r\n1,2\r\n")
    assert CATALOGUE.get(name).forget(workspace, LISTENERS) == 3
    others = rows.drop(index=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "table.parquet"), others)
    assert (folder / "table.csv").read_text() == others.to_csv(index=False)
    assert json.loads((folder / "table.json").read_text()) == [{"user": 2, "n": 3}]
    assert (folder / "untouched.csv").read_bytes() == b"user_id,n\r\n1,2\r\n"
    assert CATALOGUE.get(name).forget(workspace, LISTENERS) == 0


def test_an_id_of_text_is_found_whatever_it_is_made_of(workspace):
    listeners = Listeners(("ann@example.org",))
    file = workspace.root / "rollups" / "users.csv"
    file.parent.mkdir()
    file.write_text("user_id,n\nann@example.org,1\nann@example.orga,2\n'=x,3\n")
    assert CATALOGUE.get("rollups").forget(workspace, listeners) == 1
    assert CATALOGUE.get("rollups").forget(workspace, Listeners(("=x",))) == 1
    assert file.read_text() == "user_id,n\nann@example.orga,2\n"
