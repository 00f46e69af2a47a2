"""Sessions of browsers: signed, ending, and the only ones whose forms are taken."""

from __future__ import annotations

import pytest
from fastapi import APIRouter
from hypothesis import given
from hypothesis import strategies as st

from served import served
from tenuto.service import _app
from tenuto.service._guard import visitor
from tenuto.service._sessions import COOKIE, LIFETIME_S, Sessions


class Clock:
    def __init__(self) -> None:
        self.now = 1_500_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_session_is_read_back_until_it_ends():
    clock = Clock()
    sessions = Sessions(clock=clock)
    cookie = sessions.begin("1f0c9a7e")
    assert sessions.read(cookie).token_id == "1f0c9a7e"
    clock.now += LIFETIME_S
    assert sessions.read(cookie) is None


def test_a_session_that_was_ended_is_refused_whoever_kept_the_cookie():
    sessions = Sessions()
    cookie, other = sessions.begin("1f0c9a7e"), sessions.begin("1f0c9a7e")
    sessions.end(sessions.read(cookie))
    assert sessions.read(cookie) is None
    assert sessions.read(other) is not None


def test_a_session_of_another_server_is_refused_and_of_another_worker_is_not():
    key = b"k" * 32
    cookie = Sessions(key).begin("1f0c9a7e")
    assert Sessions(key).read(cookie) is not None
    assert Sessions().read(cookie) is None


@given(st.data())
def test_a_cookie_with_one_sign_changed_is_refused(data):
    sessions = Sessions(b"k" * 32)
    cookie = sessions.begin("1f0c9a7e")
    at = data.draw(st.integers(0, len(cookie) - 1))
    other = data.draw(st.characters().filter(lambda sign: sign != cookie[at]))
    changed = cookie[:at] + other + cookie[at + 1 :]
    assert sessions.read(changed) is None


@given(st.text())
def test_no_text_is_a_session_by_itself(text):
    assert Sessions(b"k" * 32).read(text) is None


def test_the_code_of_forms_is_of_one_session_alone():
    sessions = Sessions()
    one, other = (sessions.read(sessions.begin("1f0c9a7e")) for _ in range(2))
    assert sessions.form_code(one) == sessions.form_code(one) != sessions.form_code(other)


# On pages.


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A server with one page that has a form, for those who may say likes."""
    router = APIRouter()
    router.add_api_route("/page", lambda: "read", dependencies=[visitor("read")])
    router.add_api_route(
        "/form", lambda: "done", methods=["POST"], dependencies=[visitor("feedback")]
    )
    monkeypatch.setattr(_app._monitoring, "router", router)
    return served(tmp_path)


def signed_in(house, role: str = "feedback"):
    """A browser with a session, and the code of its forms."""
    sessions = house.app.state.guard.sessions
    cookie = sessions.begin(house.book.holder_of(house.tokens[role]).id)
    browser = house.client()
    browser.follow_redirects = False
    browser.headers["Cookie"] = f"{COOKIE}={cookie}"
    return browser, sessions.form_code(sessions.read(cookie))


def test_whoever_has_not_signed_in_is_led_to_the_form_and_back(house):
    browser = house.client()
    browser.follow_redirects = False
    answer = browser.get("/page?week=2&plan=paid")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fpage%3Fweek%3D2%26plan%3Dpaid"
    assert browser.post("/form").headers["location"] == "/login?next=%2F"


def test_a_bearer_token_does_not_open_pages(house):
    browser = house.client("admin")
    browser.follow_redirects = False
    assert browser.get("/page").status_code == 303


def test_a_session_opens_what_the_role_of_its_token_may(house):
    assert signed_in(house, "read")[0].get("/page").status_code == 200
    browser, code = signed_in(house, "read")
    assert browser.post("/form", data={"csrf": code}).status_code == 403


def test_a_session_goes_with_its_token(house):
    browser, _ = signed_in(house)
    house.book.revoke("a feedback token")
    assert browser.get("/page").status_code == 303


def test_a_form_with_its_code_is_taken(house):
    browser, code = signed_in(house)
    assert browser.post("/form", data={"csrf": code}).status_code == 200
    assert browser.post("/form", headers={"X-CSRF-Token": code}).status_code == 200


@pytest.mark.parametrize("data", [{}, {"csrf": ""}, {"csrf": "guessed"}, {"csrf": "é"}])
def test_a_form_without_its_code_is_refused(house, data):
    browser, _ = signed_in(house)
    answer = browser.post("/form", data=data)
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:tenuto:problem:cross-site"


def test_the_code_of_another_session_is_refused(house):
    browser, _ = signed_in(house)
    _, other = signed_in(house)
    assert browser.post("/form", data={"csrf": other}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_the_code(house, headers):
    browser, code = signed_in(house)
    assert browser.post("/form", data={"csrf": code}, headers=headers).status_code == 403
