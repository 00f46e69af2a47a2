"""The client: asks as the server wants to be asked, and comes through where it can."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date

import httpx
import pytest

from served import served
from tenuto import client, serving
from tenuto.client import Client, ServiceError
from tenuto.client._client import _read
from tenuto.client._transport import Transport, opened
from tenuto.errors import SettingsError

SHAPES = sorted({*client.__all__} - {"Client", "ServiceError"})


@pytest.fixture
def house(tmp_path):
    return served(tmp_path)


def over(house, role: str) -> Client:
    """A client that talks to the application without a network between them."""
    return Client("http://localhost", http=house.client(role))


@pytest.mark.parametrize("name", SHAPES)
def test_an_answer_is_of_one_type_for_the_server_and_the_client(name):
    assert getattr(client, name) is getattr(serving, name)


def test_what_a_newer_server_adds_is_left_out():
    score = {"day": "2017-05-13", "probability": 0.5, "rank": 3, "n_scored": 9}
    found = _read(list[serving.Score], json.dumps([score | {"new": 1}]).encode())
    assert found == [serving.Score(date(2017, 5, 13), 0.5, 3, 9)]


def test_every_question_is_answered_in_its_type(house):
    tenuto = over(house, "admin")
    assert tenuto.about().day.isoformat() == "2017-05-13"
    assert tenuto.listener(2).reasons[0].code == "gone_quiet"
    assert tenuto.listener(99) is None
    assert [one and one.user_id for one in tenuto.listeners([3, 99])] == [3, None]
    assert tenuto.days(1)[0].n_plays == 2
    assert tenuto.score_history(1)[0].rank == 1
    assert [one.user_id for one in tenuto.call_list(plan="paid")] == [1, 2, 3]
    assert tenuto.call_list_page(page_size=2).pages == 2
    assert tenuto.recommend(1, "discover", n=1).songs[0].item_id == 10
    assert tenuto.recommend(1, seeds=[10]).which == "mix"
    assert tenuto.song(10).artist == "Somebody"
    assert tenuto.song(99) is None
    assert tenuto.find_songs("see")[0].item_id == 10
    assert tenuto.similar(10)[0].item_id == 11
    assert tenuto.charts()["week"][0].rank == 1
    assert tenuto.table("cohorts")["cohorts"][0]["cohort"] == -1
    assert tenuto.publications() == []


def test_feedback_is_given_and_taken_back(house):
    tenuto = over(house, "feedback")
    receipt = tenuto.say(1, 10, "dislike")
    assert receipt.key
    assert tenuto.recommend(1).is_fresh
    assert tenuto.words_of(1) == [receipt]
    assert tenuto.undo(receipt.receipt_id).undoes == receipt.receipt_id


def test_a_refusal_is_an_error_with_the_mend_of_the_server(house):
    with pytest.raises(ServiceError, match="needs the role 'feedback'") as refused:
        over(house, "read").say(1, 10, "like")
    assert (refused.value.status, refused.value.kind) == (403, "role")
    assert "--role feedback" in refused.value.mend


def test_more_than_a_thousand_listeners_are_asked_for_in_parts(house):
    found = over(house, "read").listeners([1] * 1500)
    assert len(found) == 1500
    assert None not in found


def answering(*statuses: int | Exception, headers=None):
    """A transport over a server that answers so, one after the other, and what it was asked."""
    left, asked, waited = list(statuses), [], []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        said = left.pop(0)
        if isinstance(said, Exception):
            raise said
        return httpx.Response(said, json={"title": "no", "type": "urn:x:busy"}, headers=headers)

    http = httpx.Client(transport=httpx.MockTransport(handle), base_url="http://localhost")
    return Transport(http, retries=2, sleep=waited.append), asked, waited


def test_a_busy_server_is_asked_again_when_it_said_so():
    transport, asked, waited = answering(503, 429, 200, headers={"Retry-After": "2"})
    transport.send("GET", "/x")
    assert (len(asked), waited) == (3, [2.0, 2.0])


def test_a_server_that_cannot_be_reached_is_tried_again_and_then_named():
    lost = httpx.ConnectError("refused")
    transport, asked, waited = answering(lost, lost, lost)
    with pytest.raises(ServiceError, match="does not answer"):
        transport.send("GET", "/x")
    assert (len(asked), waited) == (3, [0.2, 0.4])


def test_what_must_not_happen_twice_is_sent_once():
    transport, asked, _ = answering(503)
    with pytest.raises(ServiceError):
        transport.send("POST", "/x", may_repeat=False)
    assert len(asked) == 1


def test_a_mistake_is_not_repeated():
    transport, asked, _ = answering(422)
    with pytest.raises(ServiceError):
        transport.send("GET", "/x")
    assert len(asked) == 1


def test_an_answer_that_is_no_problem_of_ours_is_told_as_such():
    http = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(404, text="<html>")),
        base_url="http://localhost",
    )
    with pytest.raises(ServiceError, match="answered 404"):
        Transport(http, retries=0).send("GET", "/x")


def test_a_word_keeps_its_key_over_all_repeats():
    transport, asked, _ = answering(503, 503, 503)
    tenuto = Client("http://localhost", "t")
    tenuto._transport = transport
    with pytest.raises(ServiceError):
        tenuto.say(1, 10, "like")
    assert len({request.headers["idempotency-key"] for request in asked}) == 1


def test_a_token_does_not_travel_readable_for_others():
    with pytest.raises(SettingsError, match="readable"):
        Client("http://music.example.org", "t")
    Client("https://music.example.org", "t").close()
    Client("http://music.example.org", "t", allow_http=True).close()
    Client("http://127.0.0.1:8000", "t").close()


def test_a_token_is_not_sent_on_to_where_a_server_points():
    assert opened("http://127.0.0.1:8000", "t", 1.0, False).follow_redirects is False


def test_a_client_without_a_token_says_how_to_get_one(monkeypatch):
    monkeypatch.delenv("TENUTO_TOKEN", raising=False)
    with pytest.raises(SettingsError, match="needs a token"):
        Client("http://127.0.0.1:8000")


def test_the_client_loads_nothing_heavy():
    script = (
        "import sys, tenuto.client; print(*[name for name in "
        "('numpy', 'pandas', 'duckdb', 'fastapi', 'lightgbm') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == []
