"""What every page promises, whichever it is."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from fake_desk import HOSTILE
from paged import browser, paged, tags
from tenuto.reports import CATALOGUE as SECTIONS
from tenuto.service.pages import CATALOGUE, GROUPS

ALSO = ["/listeners/1", "/listeners/1?list=hot", "/songs/10", "/songs?q=x", "/listeners?q=nobody"]
ALSO += ["/models/profit", "/nowhere", "/listeners/77"]
PATHS = [CATALOGUE.get(name).PATH for name in CATALOGUE] + ALSO
_LOADS = ("src", "href", "action", "srcset", "data", "poster")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return paged(tmp_path_factory.mktemp("paged"))


@pytest.fixture(scope="module")
def pages(house):
    """Every page as somebody sees it who may export, by its path."""
    client = browser(house, "export")
    return {path: client.get(path) for path in PATHS}


@pytest.fixture(params=PATHS)
def page(request, pages) -> str:
    return pages[request.param].text


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_a_page_stands_in_the_menu_under_a_known_heading(name, pages):
    member = CATALOGUE.get(name)

    assert member.GROUP in GROUPS
    assert f'<a href="{member.PATH}"' in pages["/"].text


@pytest.mark.parametrize("path", PATHS)
def test_a_page_opens(path, pages):
    is_missing = path in ("/nowhere", "/listeners/77")

    assert pages[path].status_code == (404 if is_missing else 200)
    assert pages[path].headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", PATHS)
def test_a_page_without_a_session_leads_to_the_sign_in(path, house):
    answer = browser(house).get(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2F")


def test_a_page_loads_nothing_from_elsewhere(page):
    links = [tag[name] for tag in tags(page) for name in _LOADS if name in tag]

    assert len(links) > 10
    assert not [link for link in links if re.match(r"[a-z]+:|//", link)]


def test_a_page_holds_no_script_and_no_style_of_its_own(page):
    for tag in tags(page):
        assert tag["tag"] != "style"
        assert "style" not in tag
        assert tag["tag"] != "script" or tag["src"].startswith("/static/pages.")
        assert not [name for name in tag if name.startswith("on")]


def test_a_title_with_markup_in_it_is_shown_as_text(page):
    assert HOSTILE not in page
    assert "<script>" not in page


def test_every_name_on_a_page_is_given_once(page):
    names = [tag["id"] for tag in tags(page) if "id" in tag]

    assert len(names) == len(set(names))


def test_every_field_has_a_label_and_every_link_within_a_page_leads_somewhere(page):
    found = tags(page)
    names = {tag["id"] for tag in found if "id" in tag}
    labelled = {tag["for"] for tag in found if tag["tag"] == "label"}
    for tag in found:
        if tag["tag"] in ("input", "select") and tag.get("type") != "hidden":
            assert tag["id"] in labelled, tag
        if tag.get("href", "").startswith("#"):
            assert tag["href"][1:] in names, tag


def test_headings_go_down_one_level_at_a_time(page):
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]

    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_every_form_that_changes_something_carries_the_code_of_its_session(page):
    for form in re.findall(r'<form[^>]*method="post".*?</form>', page, re.S):
        assert 'name="csrf"' in form


def test_a_page_says_of_which_day_it_is(page):
    assert "As of 13 May 2017" in page


def test_every_section_of_the_report_stands_on_one_page():
    members = CATALOGUE.all().values()
    placed = [name for one in members for name in getattr(one, "SECTIONS", ())]

    assert sorted(placed) == SECTIONS.names()


def test_a_link_of_a_section_leads_to_the_page_of_the_other(house):
    text = browser(house, "read").get("/").text

    assert 'href="/data#completeness"' in text
