"""Headers: what a browser is told with every answer, and which names are answered at all."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from served import served
from tenuto.service._headers import SafeHeaders

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return served(
        tmp_path_factory.mktemp("served"), hosts=("localhost", "music.example.org", "::1")
    )


@pytest.mark.parametrize(
    "path", ["/api/v1/about", "/api/v1/health/live", "/api/v1/nowhere", "/metrics", "/nowhere"]
)
@pytest.mark.parametrize("role", [None, "admin"])
def test_every_answer_has_the_safe_headers_whatever_its_status(house, path, role):
    headers = house.client(role).get(path).headers
    assert {name: headers.get(name) for name in ALWAYS} == ALWAYS
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


def test_no_answer_is_for_other_sites(house):
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        headers = house.client("admin").request(method, "/api/v1/about", headers=asked).headers
        assert not [name for name in headers if name.startswith("access-control")]


def page(request):
    return PlainTextResponse(request.scope["csp_nonce"], headers={"Cache-Control": "public"})


def test_a_page_gets_a_number_for_its_own_scripts_that_is_never_the_same():
    app = Starlette(routes=[Route("/", page)], middleware=[Middleware(SafeHeaders)])
    answers = [TestClient(app).get("/") for _ in range(2)]
    for answer in answers:
        assert (
            f"script-src 'self' 'nonce-{answer.text}'" in answer.headers["content-security-policy"]
        )
    assert answers[0].text != answers[1].text


def test_a_header_that_an_answer_sets_itself_stays():
    app = Starlette(routes=[Route("/", page)], middleware=[Middleware(SafeHeaders)])
    assert TestClient(app).get("/").headers["cache-control"] == "public"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "music.example.org", "[::1]:80"])
def test_a_known_name_is_answered(house, host):
    answer = house.client("read").get("/api/v1/about", headers={"Host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "", "[::2]", "127.0.0.1@evil.example", "::1"]
)
def test_another_name_is_refused_whoever_asks(house, host):
    answer = house.client("admin").get("/api/v1/about", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:tenuto:problem:unknown-host"


def test_two_names_at_once_are_refused(house):
    headers = [("Host", "localhost"), ("Host", "evil.example")]
    token = ("Authorization", f"Bearer {house.tokens['read']}")
    answer = house.client().get("/api/v1/about", headers=[*headers, token])
    assert answer.status_code == 400
