"""What programs are answered: as documented, or with a problem that says what to do."""

from __future__ import annotations

import csv
import io
import json

import pytest
from pydantic import TypeAdapter

from fake_desk import FORMULA, HOSTILE, PUBLICATION
from served import example_of, served
from tenuto import privacy
from tenuto.errors import WorkspaceError
from tenuto.service._app import guarded_routes
from tenuto.service._guard import Needs
from tenuto.service.api.recommendations import LISTS

LIKE = {"user_id": 1, "item_id": 10, "word": "like"}
#: What routes that answer nothing without it are asked.
QUERIES = {"/api/v1/songs": "?search=see"}
#: Made of what the desk has, the tables of one run alone.
TABLES = ("lifecycle", "segments", "metrics", "profit", "drift", "activity")


@pytest.fixture
def house(tmp_path):
    return served(tmp_path)


@pytest.fixture
def caller(house):
    return house.client("admin")


def test_every_answer_is_as_its_route_declares(house, caller):
    n = 0
    for route, _ in guarded_routes(house.app):
        method, path = example_of(route)
        is_table = path.removeprefix("/api/v1/") in TABLES
        if route.response_model is None or method != "GET" or is_table:
            continue
        answer = caller.get(path + QUERIES.get(path, ""))
        assert answer.status_code == 200, (path, answer.text)
        TypeAdapter(route.response_model).validate_json(answer.content)
        n += 1
    assert n > 15


def test_a_listener_comes_with_reasons_and_an_action(caller):
    one = caller.get("/api/v1/listeners/2").json()
    assert (one["user_id"], one["rank"], one["action"]) == (2, 2, "songs_by_mail")
    assert one["reasons"][0]["value"] == 9.0
    assert caller.get("/api/v1/listeners/2/reasons").json()["reasons"] == one["reasons"]


def test_a_batch_keeps_the_order_and_says_null_for_strangers(caller):
    asked = {"user_ids": [3, "2", 99, 1, 3]}
    answered = caller.post("/api/v1/listeners/batch", json=asked).json()["listeners"]
    assert [one and one["user_id"] for one in answered] == [3, 2, None, 1, 3]


@pytest.mark.parametrize("path", ["/listeners/99", "/listeners/99/reasons", "/songs/99"])
def test_who_is_not_known_is_a_problem_with_a_mend(caller, path):
    answer = caller.get(f"/api/v1{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "mend"} <= set(answer.json())


def test_a_stranger_is_recommended_what_is_hot_and_told_so(caller):
    songs = caller.get("/api/v1/listeners/99/recommendations").json()
    assert (songs["served_by"], songs["is_known"]) == ("hot", False)


def test_a_dislike_is_in_the_next_list_and_taken_back_again(caller):
    said = caller.post("/api/v1/feedback", json=LIKE | {"word": "dislike"})
    assert said.status_code == 201
    songs = caller.get("/api/v1/listeners/1/recommendations").json()
    assert [song["item_id"] for song in songs["songs"]] == [11]
    assert songs["is_fresh"]
    undone = caller.delete(f"/api/v1/feedback/{said.json()['receipt_id']}").json()
    assert undone["undoes"] == said.json()["receipt_id"]


def test_the_key_of_a_word_reaches_the_desk(house, caller):
    caller.post("/api/v1/feedback", json=LIKE, headers={"Idempotency-Key": "k-1"})
    assert house.desk.receipts[0].key == "k-1"


def test_an_id_may_hold_a_slash(tmp_path):
    house = served(tmp_path, source="sparkify")
    house.desk.songs_by_id["AC/DC: T.N.T."] = house.desk.item(10)
    path = "/api/v1/songs/AC%2FDC%3A%20T.N.T."
    assert house.client("read").get(path).json()["artist"] == "Somebody"
    assert house.client("read").get(f"{path}/similar").status_code == 200


@pytest.mark.parametrize("user_id", ["007", "1.0", " 1", "+1", "9" * 19, "1e3", "¹", "ann", "-0"])
def test_text_that_is_no_id_of_this_log_is_nobodys(caller, user_id):
    assert caller.get(f"/api/v1/listeners/{user_id}").status_code == 404
    assert caller.get(f"/api/v1/listeners/{user_id}/recommendations").json()["is_known"] is False
    answer = caller.post("/api/v1/feedback", json=LIKE | {"user_id": user_id})
    assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, "body.user_id")


def test_a_receipt_that_there_is_not_cannot_be_undone(caller):
    assert caller.delete("/api/v1/feedback/7").status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_every_list_can_be_asked_for(caller, name):
    asked = {"list": name, "n": 1, "device": "ar", "hour": 8}
    assert caller.get("/api/v1/listeners/1/recommendations", params=asked).json()["which"] == name
    posted = caller.post("/api/v1/listeners/1/recommendations", json=asked | {"seeds": [10]})
    assert len(posted.json()["songs"]) == 1


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"list": "best"}, "list"),
        ({"device": "gramophone"}, "device"),
        ({"n": 0}, "query.n"),
        ({"n": 101}, "query.n"),
        ({"hour": 24}, "query.hour"),
        ({"lst": "mix"}, "query.lst"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(caller, asked, where):
    answer = caller.get("/api/v1/listeners/1/recommendations", params=asked)
    assert answer.status_code == 422
    assert [error["where"] for error in answer.json()["errors"]] == [where]


@pytest.mark.parametrize(
    "body", [b"{", b"[1, 2", b'{"user_ids": []}', b"null", b"\xff\xfe", b"[" * 100_000, b"9" * 9000]
)
def test_a_body_that_cannot_be_used_is_a_problem(caller, body):
    headers = {"Content-Type": "application/json"}
    answer = caller.post("/api/v1/listeners/batch", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_was_sent_is_not_sent_back(caller):
    answer = caller.post("/api/v1/feedback", json=LIKE | {"password": "secret-1234", "word": "x"})
    assert answer.status_code == 422
    assert "secret-1234" not in answer.text


def test_text_that_is_no_unicode_is_a_problem(caller):
    body = b'{"user_id": "\\ud800", "item_id": 10, "word": "like"}'
    headers = {"Content-Type": "application/json"}
    assert caller.post("/api/v1/feedback", content=body, headers=headers).status_code == 422


def test_a_table_is_of_the_published_run_unless_a_day_is_named(caller):
    cohorts = caller.get("/api/v1/cohorts").json()
    assert cohorts["day"] == "2017-05-13"
    assert cohorts["tables"]["cohorts"]["rows"] == [
        {"cohort": -1, "first_day": None, "week": 0, "share_active": 1.0},
        {"cohort": 0, "first_day": "2017-03-30", "week": 0, "share_active": None},
    ]
    assert caller.get("/api/v1/cohorts?day=2017-05-12").status_code == 404
    assert caller.get("/api/v1/cohorts?day=../../x").status_code == 422


def test_runs_say_which_tables_they_have(caller):
    (run,) = caller.get("/api/v1/runs").json()["runs"]
    assert (run["day"], run["topics"]) == ("2017-05-13", ["cohorts"])
    assert caller.get("/api/v1/runs/2017-05-13").json() == run
    assert caller.get("/api/v1/runs/2017-05-14").status_code == 404


# Downloads.


def test_a_download_is_written_down_with_the_name_of_the_token(house):
    answer = house.client("export").get("/api/v1/call-list.csv?plan=paid")
    (entry,) = privacy.exports(house.workspace)
    assert (entry["by"], entry["rows"], entry["what"]) == ("a export token", 3, "call list")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["user_id"] for row in rows] == ["1", "2", "3"]


def test_a_download_that_is_not_allowed_is_not_written_down(house):
    assert house.client("feedback").get("/api/v1/call-list.csv").status_code == 403
    assert privacy.exports(house.workspace) == []


def test_no_cell_of_a_download_is_a_formula(house):
    text = house.client("export").get("/api/v1/call-list.csv").text
    row = next(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert row["reason_2"] == f"'{FORMULA}"
    assert row["expected_value"] == "1.5"


def test_a_download_needs_room_in_the_audit_log(house, monkeypatch):
    def full(*_, **__):
        raise WorkspaceError("cannot write", mend="free some space")

    monkeypatch.setattr(privacy, "exported", full)
    answer = house.client("export").get("/api/v1/call-list.csv")
    assert answer.status_code == 503
    assert "songs_by_mail" not in answer.text


# Health, metrics, what goes wrong.


def test_health_needs_no_token_and_names_no_place(house):
    stranger = house.client()
    assert stranger.get("/api/v1/health/live").json() == {"status": "live"}
    ready = stranger.get("/api/v1/health/ready").json()
    assert ready == {"status": "ready", "day": "2017-05-13", "publication": PUBLICATION}
    house.desk.broken = WorkspaceError("/srv/secret/place is damaged", mend="publish again")
    answer = stranger.get("/api/v1/health/ready")
    assert answer.status_code == 503
    assert "secret" not in answer.text
    assert stranger.get("/api/v1/health/live").status_code == 200


def test_where_the_workspace_lies_is_not_told(house, caller):
    house.desk.broken = WorkspaceError(f"{house.workspace.root}/serving is gone", mend="publish")
    answer = caller.get("/api/v1/about")
    assert (answer.status_code, answer.json()["detail"]) == (503, "WORKSPACE/serving is gone")


def test_what_cannot_be_published_is_a_conflict_not_a_fault(caller):
    assert caller.post("/api/v1/publications", json={"day": "2017-01-01"}).status_code == 409
    assert caller.post("/api/v1/publications/back").status_code == 409


def test_a_damaged_publication_is_told_while_the_last_good_one_is_served(house):
    house.desk.problem = "/srv/place/answers.sqlite is not the file that was published"
    answer = house.client().get("/api/v1/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert "/srv" not in answer.text


def test_what_nobody_foresaw_is_a_problem_without_a_traceback(house, caller, caplog):
    house.desk.broken = RuntimeError("a secret of the inside")
    answer = caller.get("/api/v1/listeners/1")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "GET /api/v1/listeners/{user_id:path}: RuntimeError" in caplog.text


def test_metrics_count_by_route_and_name_no_listener(caller):
    caller.get("/api/v1/listeners/2")
    caller.get("/api/v1/listeners/99")
    caller.get("/nowhere/99")
    lines = caller.get("/metrics").text.splitlines()
    route = 'method="GET",route="/api/v1/listeners/{user_id:path}"'
    assert f'tenuto_requests_total{{{route},status="200"}} 1.0' in lines
    assert f'tenuto_requests_total{{{route},status="404"}} 1.0' in lines
    assert 'tenuto_requests_total{method="GET",route="none",status="404"} 1.0' in lines
    assert not [line for line in lines if "/99" in line]


def test_a_method_that_there_is_not_is_a_problem_that_names_those_there_are(caller):
    answer = caller.put("/api/v1/about")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.json()["type"] == "urn:tenuto:problem:method"


def test_a_title_that_is_a_script_stays_text(caller):
    answer = caller.get("/api/v1/songs/10")
    assert answer.json()["title"] == HOSTILE
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


# The document.


def test_the_document_names_every_route_for_programs_and_its_role(house, caller):
    document = caller.get("/api/v1/openapi.json").json()
    for route, guards in guarded_routes(house.app):
        if not route.include_in_schema:
            continue
        said = document["paths"][route.path_format][next(iter(route.methods)).lower()]
        roles = [one["token"] for one in said.get("security", [])]
        needed = [[guard.role.word] for guard in guards if isinstance(guard, Needs)]
        assert roles == needed, route.path


def test_every_route_with_a_guard_documents_its_refusals(caller):
    document = caller.get("/api/v1/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            wanted = {"400", "429", "503"} | ({"401", "403"} if "security" in said else set())
            wanted |= {"413"} if method == "post" and "requestBody" in said else set()
            assert wanted <= set(said["responses"]), (path, method)


def test_the_document_has_all_that_it_refers_to(caller):
    text = caller.get("/api/v1/openapi.json").text
    schemas = json.loads(text)["components"]["schemas"]
    parts = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert parts <= set(schemas)


def test_the_server_closes_its_desk_when_it_stops(house):
    with house.client():
        assert not house.desk.is_closed
    assert house.desk.is_closed
