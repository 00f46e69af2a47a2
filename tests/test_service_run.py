"""The server as it runs: where it may listen, what it answers from, and how it stops."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from pydantic import TypeAdapter
from starlette.testclient import TestClient
from typer.testing import CliRunner

from fake_desk import FakeDesk
from published import CALLED, HELD_OUT, STRANGER, UNSCORED, finished_run
from served import RUN_DAY
from service import CUTOFF
from tenuto import serving
from tenuto.cli._program import build_program
from tenuto.client import Client, ServiceError
from tenuto.errors import SettingsError
from tenuto.record import write_json
from tenuto.service import _run
from tenuto.service._app import guarded_routes
from tenuto.service._guard import Needs
from tenuto.service._run import Server, app_of, app_of_worker, is_loopback, serve
from tenuto.service._tokens import TokenBook
from tenuto.workspace import Workspace

KILLS = 3
_START_S = 120
#: Words that are written before the server may be killed, however busy the machine is.
_SPOKEN = 3


@pytest.fixture(scope="module")
def workspace(duckdb_engine, tmp_path_factory):
    made = finished_run(duckdb_engine, tmp_path_factory.mktemp("served"))
    serving.publish(made)
    return made


@pytest.fixture
def token(workspace) -> str:
    return TokenBook(workspace.root).create("tests", "admin")[1]


# Where it may listen.


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_only_this_machine_reaches_loopback(host):
    assert is_loopback(host)
    Server("nowhere", host=host, is_open=True).check()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.0.2", "music.example.org"])
def test_anywhere_else_a_token_has_to_be_asked_for(tmp_path, host):
    assert not is_loopback(host)
    with pytest.raises(SettingsError, match="would let in whoever reaches"):
        Server(str(tmp_path), host=host, is_open=True).check()
    with pytest.raises(SettingsError, match="nobody has a token"):
        Server(str(tmp_path), host=host).check()


def test_behind_every_address_names_have_to_be_given(tmp_path):
    TokenBook(tmp_path).create("web app", "read")
    with pytest.raises(SettingsError, match="--allow-host"):
        Server(str(tmp_path), host="0.0.0.0").check()
    Server(str(tmp_path), host="0.0.0.0", hosts=("music.example.org",)).check()
    Server(str(tmp_path), host="192.168.0.2").check()


def test_a_port_that_is_taken_is_the_users_mistake(workspace):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = CliRunner().invoke(
            build_program(), ["serve", str(workspace.root), "--port", str(port), "--no-pages"]
        )
    assert shown.exit_code == 2
    assert "cannot listen" in shown.stderr
    assert "--port 8001" in shown.stderr


def test_without_a_publication_there_is_nothing_to_serve(tmp_path):
    empty = Workspace.create(tmp_path / "w", source="musicbox", logs=tmp_path / "logs")
    shown = CliRunner().invoke(build_program(), ["serve", str(empty.root)])
    assert shown.exit_code == 2
    assert "tenuto publish" in shown.stderr


def test_a_stranger_on_the_network_is_refused_before_anything_is_opened(tmp_path):
    empty = Workspace.create(tmp_path / "w", source="musicbox", logs=tmp_path / "logs")
    words = ["serve", str(empty.root), "--host", "0.0.0.0"]
    shown = CliRunner().invoke(build_program(), words)
    assert shown.exit_code == 2
    assert "tenuto token create" in shown.stderr


def test_workers_share_one_key_and_one_rate(workspace, monkeypatch):
    guards = []

    class TwoHere:
        """Two workers in this process."""

        def __init__(self, config, sockets):
            assert (config.app, config.workers) == ("tenuto.service._run:app_of_worker", 2)

        def run(self):
            guards.extend(app_of_worker().state.guard for _ in range(2))

    monkeypatch.setattr(_run, "Multiprocess", TwoHere)
    server = Server(str(workspace.root), port=0, workers=2, with_pages=False)
    serve(server, lambda address: None)
    cookie = guards[0].sessions.begin("1f0c9a7e")
    assert guards[1].sessions.read(cookie).token_id == "1f0c9a7e"
    assert {guard._calls._per_s for guard in guards} == {server.limits.requests_per_s / 2}
    assert _run.SHARED not in os.environ


# What it answers from: the same routes over real answers.


@pytest.fixture
def client(workspace, token):
    app = app_of(Server(str(workspace.root), with_pages=False))
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


EXTREME = [CALLED, HELD_OUT, UNSCORED, STRANGER, 2**63 - 1, -(2**63), 2**63, "ann", "", "0", "a/b"]


@pytest.mark.parametrize("user_id", EXTREME)
def test_real_answers_are_as_declared_whoever_is_asked_for(client, user_id):
    for route, guards in guarded_routes(client.app):
        if not isinstance(guards[0], Needs) or "GET" not in route.methods:
            continue
        path = route.path_format.replace("{user_id}", str(user_id).replace("/", "%2F"))
        path = path.replace("{item_id}", str(user_id).replace("/", "%2F"))
        answer = client.get(path.replace("{day}", RUN_DAY), params={"search": "song"})
        assert answer.status_code in (200, 404, 422), (path, answer.text)
        if answer.status_code == 200 and route.response_model is not None:
            TypeAdapter(route.response_model).validate_json(answer.content)


def test_a_dislike_is_out_of_the_next_list_over_http(workspace, client):
    tenuto = Client("http://localhost", http=client)
    first = tenuto.recommend(CALLED, "discover").songs[0].item_id
    receipt = tenuto.say(CALLED, first, "dislike")
    songs = tenuto.recommend(CALLED, "discover")
    assert first not in [song.item_id for song in songs.songs]
    assert songs.is_fresh
    tenuto.undo(receipt.receipt_id)
    assert tenuto.recommend(CALLED, "discover").songs[0].item_id == first


def test_a_word_with_the_same_key_is_written_once(client):
    tenuto = Client("http://localhost", http=client)
    first = tenuto.say(2, 10, "like", key="k-1")
    again = tenuto.say(2, 10, "like", key="k-1")
    assert (again.receipt_id, again.is_repeat) == (first.receipt_id, True)
    with pytest.raises(ServiceError) as refused:
        tenuto.say(2, 11, "like", key="k-1")
    assert refused.value.status == 422


def test_nothing_over_http_tells_who_is_held_out(client):
    tenuto = Client("http://localhost", http=client)
    held_out, called = tenuto.listener(HELD_OUT), tenuto.listener(CALLED)
    assert (called.action, held_out.action) == ("win_back", "leave_alone")
    assert HELD_OUT not in [one.user_id for one in tenuto.call_list()]
    rows = csv.reader(client.get("/api/v1/call-list.csv").text.splitlines())
    assert str(HELD_OUT) not in [row[1] for row in rows]
    assert "holdout" not in client.get(f"/api/v1/listeners/{HELD_OUT}").text


def test_publishing_and_going_back_need_no_restart(workspace, client):
    tenuto = Client("http://localhost", http=client)
    write_json(workspace.run_folder(CUTOFF) / "churn" / "step.json", {"inputs": "another run"})
    published = tenuto.publish()
    assert published.name == tenuto.about().publication
    before = tenuto.go_back()
    assert before.name == tenuto.about().publication != published.name
    with pytest.raises(ServiceError) as refused:
        tenuto.go_back()
    assert refused.value.kind == "conflict"


# The process.


@contextmanager
def running(workspace, *options: str):
    """A server of its own process, its address, and the end of it."""
    words = ["serve", str(workspace.root), "--port", "0", "--json", *options]
    process = subprocess.Popen(
        [sys.executable, "-c", "from tenuto.cli import main; main()", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, _address(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()


def _address(process) -> str:
    text = ""
    while not text.rstrip().endswith("}"):
        line = process.stdout.readline()
        assert line, process.stderr.read()
        text += line
    return json.loads(text)["address"]


@pytest.mark.slow
def test_a_server_that_is_told_to_stop_ends_what_it_is_doing(workspace, token):
    with running(workspace, "--no-pages") as (process, address):
        tenuto = Client(address, token, timeout_s=_START_S)
        assert tenuto.about().n_listeners > 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, -signal.SIGTERM)
        assert "Traceback" not in process.stderr.read()


@pytest.mark.slow
def test_two_workers_answer_behind_one_address(workspace, token):
    with running(workspace, "--no-pages", "--workers", "2") as (process, address):
        tenuto = Client(address, token, timeout_s=_START_S)
        words = [tenuto.say(3, item, "like") for item in range(6)]
        assert {word.receipt_id for word in tenuto.words_of(3)} >= {w.receipt_id for w in words}
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(KILLS))
def test_a_word_that_was_acknowledged_outlives_a_kill(workspace, token, number):
    rng, written = random.Random(number), []

    def say(tenuto):
        with suppress(ServiceError):
            while True:
                item, key = rng.randrange(48), f"{number}-{len(written)}"
                written.append(tenuto.say(5 + number, item, "play", key))

    with running(workspace, "--no-pages") as (process, address):
        tenuto = Client(address, token, timeout_s=_START_S, retries=0)
        talking = threading.Thread(target=say, args=(tenuto,))
        talking.start()
        while len(written) < _SPOKEN and talking.is_alive():
            time.sleep(0.01)
        time.sleep(rng.random())
        os.kill(process.pid, signal.SIGKILL)
        talking.join()
    assert len(written) >= _SPOKEN
    with running(workspace, "--no-pages") as (_, address):
        tenuto = Client(address, token, timeout_s=_START_S)
        there = {word.receipt_id: word for word in tenuto.words_of(5 + number)}
        assert [there[word.receipt_id].item_id for word in written] == [w.item_id for w in written]
        assert tenuto.recommend(5 + number).is_fresh


def test_the_desk_of_tests_does_what_the_real_one_does():
    promised = {name for name in vars(serving.Answers) if not name.startswith("_")}
    left_out = {"open", "receipt", "problem"}
    assert promised - left_out <= set(vars(FakeDesk))
