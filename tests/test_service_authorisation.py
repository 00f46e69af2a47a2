"""Who may do what: every route of the server, whatever it is, with every role and with none."""

from __future__ import annotations

import pytest
from fastapi import APIRouter

from served import ROLES, example_of, served
from tenuto.errors import ContractError
from tenuto.service import _app
from tenuto.service._app import guarded_routes
from tenuto.service._guard import ForAll, Needs, Visitor, open_to_all, visitor
from tenuto.service._limits import Limits
from tenuto.service._roles import ADDS, Role
from tenuto.service._sessions import COOKIE
from tenuto.service.api import CATALOGUE

#: So many wrong tokens that no test is stopped for being the next.
PATIENT = Limits(failure_burst=10_000)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return served(tmp_path_factory.mktemp("served"), limits=PATIENT)


@pytest.fixture(scope="module")
def routes(house):
    """Every route for programs, with the one guard on it."""
    return [(route, guards[0]) for route, guards in guarded_routes(house.app)]


def test_every_route_says_who_may_use_it(house):
    assert len(guarded_routes(house.app)) == len(house.app.routes) > 25
    assert {len(guards) for _, guards in guarded_routes(house.app)} == {1}


def test_only_health_is_answered_without_a_token(routes):
    is_open = {route.path for route, guard in routes if isinstance(guard, ForAll)}
    assert is_open == {"/api/v1/health/live", "/api/v1/health/ready"}


def test_a_missing_token_is_refused_on_every_route(house, routes):
    stranger = house.client()
    for route, guard in routes:
        if isinstance(guard, Needs):
            answer = stranger.request(*example_of(route))
            assert answer.status_code == 401, route.path
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["type"] == "urn:tenuto:problem:no-token"


@pytest.mark.parametrize(
    "sent",
    [
        "Bearer wrong",
        "Bearer tenuto_00000000_" + "a" * 43,
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "bearer",
        "Bearer \xff\xfe",
    ],
)
def test_a_wrong_token_is_refused_on_every_route(house, routes, sent):
    stranger = house.client()
    for route, guard in routes:
        if isinstance(guard, Needs):
            method, path = example_of(route)
            answer = stranger.request(
                method, path, headers={"Authorization": sent.encode("latin-1")}
            )
            assert answer.status_code == 401, route.path


@pytest.mark.parametrize("role", ROLES)
def test_a_role_passes_where_it_is_enough_and_nowhere_else(house, routes, role):
    caller = house.client(role)
    for route, guard in routes:
        if isinstance(guard, Needs):
            status = caller.request(*example_of(route)).status_code
            is_enough = Role.called(role) >= guard.role
            assert (status == 403) == (not is_enough), (route.path, status)
            assert status != 401, route.path


def test_every_role_opens_something_that_the_one_before_does_not(routes):
    needed = {guard.role for _, guard in routes if isinstance(guard, Needs)}
    assert needed == set(Role) == set(ADDS)


# Pages, with sessions in place of tokens.


@pytest.fixture(scope="module")
def with_pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    return served(folder, limits=PATIENT, with_pages=True)


def page_routes(house):
    found = [(route, guards[0]) for route, guards in guarded_routes(house.app)]
    return [(route, guard) for route, guard in found if not isinstance(guard, Needs)]


def test_every_page_leads_whoever_has_not_signed_in_to_the_form(with_pages):
    browser, n = with_pages.client(), 0
    browser.follow_redirects = False
    for route, guard in page_routes(with_pages):
        if isinstance(guard, Visitor):
            answer = browser.request(*example_of(route))
            assert answer.status_code == 303, route.path
            assert answer.headers["location"].startswith("/login?next="), route.path
            n += 1
    assert n > 10


def test_only_the_form_and_the_looks_of_pages_are_open(with_pages):
    is_open = {route.path for route, guard in page_routes(with_pages) if isinstance(guard, ForAll)}
    health = {"/api/v1/health/live", "/api/v1/health/ready"}
    assert is_open == health | {"/login", "/static/{name}"}


@pytest.mark.parametrize("role", ROLES)
def test_a_page_is_shown_where_the_role_is_enough_and_nowhere_else(with_pages, role):
    sessions = with_pages.app.state.guard.sessions
    token = with_pages.book.holder_of(with_pages.tokens[role])
    for route, guard in page_routes(with_pages):
        if not isinstance(guard, Visitor):
            continue
        cookie = sessions.begin(token.id)
        browser = with_pages.client()
        browser.follow_redirects = False
        browser.headers["Cookie"] = f"{COOKIE}={cookie}"
        browser.headers["X-CSRF-Token"] = sessions.form_code(sessions.read(cookie))
        status = browser.request(*example_of(route)).status_code
        is_enough = Role.called(role) >= guard.role
        assert (status == 403) == (not is_enough), (route.path, status)


def test_every_form_of_the_pages_asks_for_its_code(with_pages):
    cookie = with_pages.app.state.guard.sessions.begin(
        with_pages.book.holder_of(with_pages.tokens["admin"]).id
    )
    browser = with_pages.client()
    browser.headers["Cookie"] = f"{COOKIE}={cookie}"
    for route, guard in page_routes(with_pages):
        method, path = example_of(route)
        if isinstance(guard, Visitor) and method != "GET":
            answer = browser.request(method, path)
            assert answer.status_code == 403, route.path


# What is no token, and what goes without one.


def test_a_token_in_the_address_is_no_token(house):
    address = f"/api/v1/about?token={house.tokens['admin']}&access_token={house.tokens['admin']}"
    assert house.client().get(address).status_code == 401


def test_a_session_of_the_pages_is_no_key_to_the_api(house):
    token = house.book.holder_of(house.tokens["admin"])
    cookie = house.app.state.guard.sessions.begin(token.id)
    answer = house.client().get("/api/v1/about", headers={"Cookie": f"tenuto_session={cookie}"})
    assert answer.status_code == 401


def test_who_is_there_is_asked_before_the_body_is_read(house):
    answer = house.client().post("/api/v1/feedback", content=b"{ not JSON")
    assert answer.status_code == 401


def test_a_revoked_token_is_refused_from_the_next_request_on(tmp_path):
    house = served(tmp_path)
    caller = house.client("read")
    assert caller.get("/api/v1/about").status_code == 200
    house.book.revoke("a read token")
    assert caller.get("/api/v1/about").status_code == 401


def test_a_list_of_tokens_that_cannot_be_read_lets_nobody_in(tmp_path):
    house = served(tmp_path)
    house.book.file.write_text("[]")
    house.book.file.chmod(0o600)
    assert house.client("admin").get("/api/v1/about").status_code == 503


def test_a_route_that_names_no_role_is_found_when_the_server_is_built(tmp_path, monkeypatch):
    forgotten = APIRouter()
    forgotten.add_api_route("/api/v1/forgotten", lambda: None)
    monkeypatch.setattr(_app._monitoring, "router", forgotten)
    with pytest.raises(ContractError, match=r"/api/v1/forgotten does not say who may use it"):
        served(tmp_path)


def test_a_route_for_programs_takes_no_cookie_in_place_of_a_token(tmp_path, monkeypatch):
    confused = APIRouter()
    confused.add_api_route("/api/v1/confused", lambda: None, dependencies=[visitor("read")])
    monkeypatch.setattr(_app._monitoring, "router", confused)
    with pytest.raises(ContractError, match="confused"):
        served(tmp_path)


def test_a_route_for_all_has_to_say_so(tmp_path, monkeypatch):
    shown = APIRouter()
    shown.add_api_route("/api/v1/shown", lambda: {"a": 1}, dependencies=[open_to_all()])
    monkeypatch.setattr(_app._monitoring, "router", shown)
    assert served(tmp_path).client().get("/api/v1/shown").json() == {"a": 1}


def test_without_tokens_all_may_be_done_but_administering(tmp_path):
    house = served(tmp_path, with_tokens=False)
    for route, guards in guarded_routes(house.app):
        if isinstance(guards[0], Needs):
            status = house.client().request(*example_of(route)).status_code
            assert (status == 403) == (guards[0].role is Role.ADMIN), route.path


def test_without_tokens_another_site_can_change_nothing(tmp_path):
    house = served(tmp_path, with_tokens=False)
    word = {"user_id": 1, "item_id": 10, "word": "like"}
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = house.client().post("/api/v1/feedback", json=word, headers=header)
        assert answer.json()["type"] == "urn:tenuto:problem:cross-site"
    assert house.desk.receipts == []
    same = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert house.client().post("/api/v1/feedback", json=word, headers=same).status_code == 201


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_every_file_of_the_api_has_routes_and_says_what_they_are_for(name):
    member = CATALOGUE.get(name)
    assert CATALOGUE.describe(name)
    for route in member.router.routes:
        assert route.summary, route.path
        assert route.path.startswith("/api/v1/")
