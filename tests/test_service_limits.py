"""Limits: what is too much is refused early, and says when to come again."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse

from served import served
from tenuto.service._limits import BodyLimit, Buckets, Limits
from tenuto.service._metrics import Figures, Measure
from tenuto.service._problems import Refusal


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_burst_and_then_its_rate():
    clock = Clock()
    buckets = Buckets(per_s=2, burst=3, clock=clock)
    assert [buckets.wait_s("ann") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now = 0.5
    assert [buckets.wait_s("ann") for _ in range(2)] == [0, 0.5]


def test_one_caller_does_not_use_up_what_is_anothers():
    buckets = Buckets(per_s=1, burst=1, clock=Clock())
    assert [buckets.wait_s(who) for who in ("ann", "bob", "ann")] == [0, 0, 1]


@given(st.lists(st.floats(0, 3), max_size=60))
def test_nobody_gets_more_than_burst_and_rate_allow(gaps):
    clock = Clock()
    buckets = Buckets(per_s=2, burst=5, clock=clock)
    n_passed = 0
    for gap in gaps:
        clock.now += gap
        n_passed += buckets.wait_s("ann") == 0
    assert n_passed <= 5 + 2 * clock.now + 1e-6


def test_the_caller_who_was_quiet_for_longest_is_forgotten_first():
    buckets = Buckets(per_s=1, burst=1, max_keys=2, clock=Clock())
    for who in ("ann", "bob", "cid"):
        buckets.wait_s(who)
    assert buckets.wait_s("bob") > 0
    assert buckets.wait_s("ann") == 0


def test_too_many_requests_of_a_token_are_told_when_to_come_again(tmp_path):
    house = served(tmp_path, limits=Limits(requests_per_s=0.1, burst=2))
    answers = [house.client("read").get("/api/v1/about") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 8 <= int(answers[-1].headers["retry-after"]) <= 10
    assert house.client("admin").get("/api/v1/about").status_code == 200


def test_whoever_tries_tokens_out_is_slowed_down_and_nobody_else(tmp_path):
    house = served(tmp_path, limits=Limits(failures_per_s=0.1, failure_burst=3))
    stranger = house.client()
    assert [stranger.get("/api/v1/about").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert house.client("read").get("/api/v1/about").status_code == 200


def chunks(n_bytes: int):
    for _ in range(n_bytes // 1000):
        yield b" " * 1000


@pytest.mark.parametrize("content", [b" " * 5000, chunks(5000)], ids=["declared", "in chunks"])
def test_a_body_that_is_too_large_is_refused(tmp_path, content):
    house = served(tmp_path, limits=Limits(max_body_bytes=4000))
    headers = {"Content-Type": "application/json"}
    answer = house.client("feedback").post("/api/v1/feedback", content=content, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:tenuto:problem:too-large"


def test_a_body_as_large_as_allowed_is_read(tmp_path):
    body = b'{"user_id": 1, "item_id": 10, "word": "like"}'
    house = served(tmp_path, limits=Limits(max_body_bytes=len(body)))
    headers = {"Content-Type": "application/json"}
    answer = house.client("feedback").post("/api/v1/feedback", content=body, headers=headers)
    assert answer.status_code == 201


async def status_of(messages: list[dict], patience_s: float) -> int:
    """What is answered to a body that comes in parts, and then no more."""
    left, statuses = list(messages), []

    async def receive():
        if left:
            return left.pop(0)
        return await asyncio.Event().wait()

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def read_all(scope, receive, send):
        try:
            while (await receive())["more_body"]:
                pass
            await PlainTextResponse("read")(scope, receive, send)
        except Refusal as refusal:
            await refusal.answer()(scope, receive, send)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    await BodyLimit(read_all, 1000, patience_s)(scope, receive, send)
    return statuses[0]


def test_a_body_that_does_not_come_to_its_end_is_not_waited_for():
    part = {"type": "http.request", "body": b"a", "more_body": True}
    last = part | {"more_body": False}
    assert asyncio.run(status_of([part, part, last], patience_s=5)) == 200
    assert asyncio.run(status_of([part, part], patience_s=0.01)) == 408


async def at_once(path: str, n: int, max_at_once: int) -> list[int]:
    """Statuses of ``n`` requests that are all begun before the first one ends."""
    gate, statuses = asyncio.Event(), []

    async def slow(scope, receive, send):
        await gate.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    app = Measure(slow, Figures(), max_at_once)
    scopes = [{"type": "http", "method": "GET", "path": path} for _ in range(n)]
    tasks = [asyncio.create_task(app(scope, None, send)) for scope in scopes]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*tasks)
    return sorted(statuses)


def test_what_comes_while_the_server_is_full_is_turned_away():
    assert asyncio.run(at_once("/api/v1/about", 5, max_at_once=3)) == [200, 200, 200, 503, 503]


def test_health_is_answered_while_the_server_is_full():
    assert asyncio.run(at_once("/api/v1/health/live", 5, max_at_once=3)) == [200] * 5
