"""The pages in a real browser: nothing amiss in the console, buttons that act, a way for keys."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from browsed import browsable, served_at
from published import CALLED, HELD_OUT, SCRIPT
from tenuto.service._tokens import TokenBook
from tenuto.service.pages import CATALOGUE

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

CHROMIUM = os.environ.get("TENUTO_CHROMIUM") or shutil.which("chromium") or ""
PATHS = [CATALOGUE.get(name).PATH for name in CATALOGUE.names()]
PATHS += ["/listeners/1", "/listeners/1?list=discover", "/songs/5", "/songs?q=song"]
PATHS += ["/models/profit", "/listeners?q=nobody"]
WIDTHS = {"phone": 390, "tablet": 820, "wide": 1600}
A_MINUTE_MS = 60_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="needs Chromium; TENUTO_CHROMIUM can say where it is"),
]


@pytest.fixture(scope="module")
def workspace(duckdb_engine, tmp_path_factory):
    return browsable(duckdb_engine, tmp_path_factory.mktemp("browsed"))


@pytest.fixture(scope="module")
def address(workspace):
    with served_at(workspace, with_tokens=False) as found:
        yield found


@pytest.fixture(scope="module")
def chromium():
    # A sandbox within a container needs rights that a test should not have.
    with sync_api.sync_playwright() as program:
        browser = program.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, address):
    """Opens a page with settings of the browser; all that went wrong is in ``problems``."""
    contexts = []

    def open_page(path="/", **settings):
        context = chromium.new_context(base_url=address, **settings)
        context.set_default_timeout(A_MINUTE_MS)
        contexts.append(context)
        page = context.new_page()
        page.problems = watch(page, address)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def watch(page, address):
    """Errors of the console and requests to anywhere else, as they come."""
    found = []
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "request", lambda asked: None if asked.url.startswith(address) else found.append(asked.url)
    )
    return found


def titles(page):
    """The songs of the list on a listener's page."""
    return page.locator("table.songs tbody th").all_inner_texts()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_opens_and_fits(opened, width, theme):
    page = opened(
        viewport={"width": WIDTHS[width], "height": 900},
        color_scheme=theme,
        reduced_motion="reduce",
    )
    for path in PATHS:
        page.goto(path)
        assert page.locator("h1").count() == 1, path
        too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert too_wide <= 0, f"{path} is {too_wide} px too wide"
    assert page.problems == []


@pytest.mark.parametrize(("theme", "width"), [("light", "wide"), ("dark", "phone")])
def test_nothing_keeps_people_out(opened, theme, width):
    page = opened(viewport={"width": WIDTHS[width], "height": 900}, color_scheme=theme)
    for path in PATHS:
        page.goto(path)
        found = axe.Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], path


def test_a_disliked_song_leaves_the_next_list_and_comes_back_when_undone(opened):
    page = opened("/listeners/1?list=discover")
    before = titles(page)

    page.get_by_role("button", name=f"Dislike: {before[0]}", exact=True).click()
    page.wait_for_url("**said=*")
    after = titles(page)
    page.locator(".said-so").get_by_role("button").click()
    page.wait_for_url("**list=discover#songs")

    assert before[0] not in after
    assert len(after) == len(before)
    assert titles(page) == before
    assert page.problems == []


def test_everything_is_read_and_done_without_scripts(opened):
    page = opened("/call-list", java_script_enabled=False)

    page.get_by_label("Plan").select_option("paid")
    page.get_by_role("button", name="Apply").click()
    page.locator("table.cards tbody th a").first.click()
    page.get_by_role("button", name="Like").first.click()

    sync_api.expect(page.get_by_text("Written down: like")).to_be_visible()
    sync_api.expect(page.get_by_role("img", name="Plays by day")).to_be_visible()


def test_the_call_list_can_be_worked_through_by_keys_alone(opened):
    page = opened("/call-list")

    def press(*keys):
        for key in keys:
            page.keyboard.press(key)

    def focused():
        return page.evaluate("document.activeElement.id || document.activeElement.innerText")

    press("Tab")
    assert focused() == "Skip to the content"
    press("Enter", "Tab")
    assert focused() == "search"
    press("Tab", "Tab", "Tab")
    assert focused() == "plan"
    page.keyboard.type("paid")
    press("Tab", "Tab", "Tab", "Enter")
    page.wait_for_url("**plan=paid**")
    rows = page.locator("table.cards tbody tr")
    sync_api.expect(rows.first).to_be_visible()
    first = page.locator("table.cards tbody th a").first
    for _ in range(60):
        press("Tab")
        if first.evaluate("one => one === document.activeElement"):
            break
    outline = first.evaluate("one => getComputedStyle(one).outlineStyle")
    press("Enter")
    page.wait_for_url("**/listeners/*")

    assert outline == "solid"
    assert page.problems == []


def test_those_held_out_are_on_no_page_of_the_list_and_in_no_file(opened):
    page = opened("/call-list")
    who = page.locator("table.cards tbody th").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    ids = [line.split(",")[1] for line in download.value.path().read_text("utf-8").splitlines()]

    assert str(CALLED) in who
    assert str(HELD_OUT) not in who
    assert ids[1:] == who
    assert page.goto(f"/listeners/{HELD_OUT}").ok
    sync_api.expect(page.get_by_text("Not to be contacted.")).to_be_visible()
    assert not re.search("hold.?out|held out", page.locator("main").inner_text())


def test_ids_are_copied(opened):
    page = opened("/call-list", permissions=["clipboard-read", "clipboard-write"])
    who = page.locator("table.cards tbody th").all_inner_texts()

    page.get_by_role("button", name="Copy the ids").click()
    sync_api.expect(page.get_by_role("button", name=f"Copied {len(who)} ids")).to_be_visible()

    assert page.evaluate("() => navigator.clipboard.readText()").split() == who


def test_a_slider_moved_by_keys_changes_the_answer_below(opened):
    page = opened("/models/profit")
    answer = page.locator(".result .notice")
    before = answer.inner_text()

    page.get_by_label("A paying listener who stays").focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    sync_api.expect(page.locator("form span[role=status]")).to_have_text("Worked out")

    assert answer.inner_text() != before
    assert "paid=180" in page.url
    assert page.problems == []


def test_a_title_with_a_script_in_it_runs_nothing(opened):
    page = opened("/songs/5")

    assert page.locator("h1").inner_text() == SCRIPT
    assert page.problems == []


def test_the_theme_is_chosen_with_a_button_and_stays(opened):
    page = opened("/songs", color_scheme="light")

    page.get_by_role("button", name="Dark").click()
    page.goto("/")

    paint = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert paint == "rgb(20, 24, 29)"


def test_signing_in_by_token_and_out_again(chromium, workspace):
    token = TokenBook(workspace.root).create("ann", "read")[1]
    with served_at(workspace, with_tokens=True) as address:
        context = chromium.new_context(base_url=address)
        page = context.new_page()
        problems = watch(page, address)
        page.goto("/segments")
        page.get_by_label("Token").fill(token)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/segments")
        (cookie,) = context.cookies()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/login")
        context.close()

    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert token not in cookie["value"]
    assert problems == []
