"""The pages: what people read, filter, say and take home, without a script."""

from __future__ import annotations

import shutil

import pytest

from fake_desk import DAY, FORMULA
from paged import browser, form_code, paged, tags
from served import ROLES
from tenuto import privacy
from tenuto.errors import WorkspaceError
from tenuto.service.pages._addresses import of_this_server


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return paged(tmp_path_factory.mktemp("paged"))


@pytest.fixture
def house(shared):
    """The house as it was before the first test: nothing said, nothing taken out."""
    shared.desk.receipts.clear()
    shutil.rmtree(shared.workspace.root / "privacy", ignore_errors=True)
    return shared


@pytest.fixture
def own_house(tmp_path):
    """A house for a test that breaks something in it."""
    return paged(tmp_path)


@pytest.fixture
def asked(house, monkeypatch):
    """Every question that the desk's call list is asked."""
    questions = []
    answer = house.desk.call_list

    def watched(**wanted):
        questions.append(wanted)
        return answer(**wanted)

    monkeypatch.setattr(house.desk, "call_list", watched)
    return questions


def test_whoever_signs_in_comes_to_the_page_that_was_asked_for(house):
    client = browser(house)
    where = client.get("/songs/10?x=1").headers["location"]
    token = house.tokens["read"]

    form = client.get(where)
    answer = client.post("/login", data={"token": token, "next": "/songs/10?x=1"})

    assert 'name="next" value="/songs/10?x=1"' in form.text
    assert answer.headers["location"] == "/songs/10?x=1"
    assert token not in str(answer.headers)


def test_a_wrong_token_is_told_so_and_is_not_shown_again(house):
    answer = browser(house).post("/login", data={"token": "mistyped"})

    assert answer.status_code == 401
    assert "This token is not known" in answer.text
    assert "mistyped" not in answer.text


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"],
)
def test_nobody_is_led_to_another_site(house, elsewhere):
    token = house.tokens["read"]

    answer = browser(house).post("/login", data={"token": token, "next": elsewhere})

    assert of_this_server(elsewhere) == "/"
    assert answer.headers["location"] == "/"


def test_who_signs_out_has_to_sign_in_again(house):
    client = browser(house, "read")

    client.post("/logout", data={"csrf": form_code(client)})

    assert client.get("/").headers["location"].startswith("/login")


def test_a_form_without_the_code_of_its_session_does_nothing(house):
    client = browser(house, "feedback")

    answer = client.post("/say", data={"user_id": "1", "item_id": "10", "word": "like"})

    assert answer.status_code == 403
    assert not house.desk.receipts


def test_a_dislike_is_said_and_the_next_list_is_without_the_song(house):
    client = browser(house, "feedback")
    said = {"user_id": "1", "item_id": "10", "word": "dislike", "list": "mix"}

    answer = client.post("/say", data=said | {"csrf": form_code(client)})
    page = client.get(answer.headers["location"]).text

    assert answer.headers["location"] == "/listeners/1?list=mix&said=1#songs"
    assert [(one.user_id, one.item_id, one.word) for one in house.desk.receipts] == [
        (1, 10, "dislike")
    ]
    assert "Written down: dislike" in page
    assert 'name="item_id" value="10"' not in page
    assert 'name="item_id" value="11"' in page


def test_a_word_can_be_taken_back_from_the_page(house, monkeypatch):
    client = browser(house, "feedback")
    code = form_code(client)
    client.post("/say", data={"user_id": "1", "item_id": "10", "word": "like", "csrf": code})
    undone = []
    monkeypatch.setattr(house.desk, "undo", undone.append)

    answer = client.post("/undo", data={"user_id": "1", "receipt_id": "1", "csrf": code})

    assert answer.status_code == 303
    assert undone == [1]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"user_id": "77"}, 404),
        ({"item_id": "77"}, 404),
        ({"word": "hate"}, 422),
        ({"user_id": "one"}, 404),
    ],
)
def test_words_about_nobody_or_nothing_are_refused_as_a_page(house, said, status):
    client = browser(house, "feedback")
    form = {"user_id": "1", "item_id": "10", "word": "like", "csrf": form_code(client)}

    answer = client.post("/say", data=form | said)

    assert answer.status_code == status
    assert "What to do:" in answer.text
    assert not house.desk.receipts


def test_who_may_read_alone_sees_no_buttons_that_would_be_refused(house):
    reader, speaker = browser(house, "read"), browser(house, "feedback")

    assert "/say" not in reader.get("/listeners/1").text
    assert "/say" in speaker.get("/listeners/1").text
    assert "Download" not in speaker.get("/call-list").text
    assert "Download" in browser(house, "export").get("/call-list").text


def test_who_may_read_alone_cannot_say_anything_either(house):
    client = browser(house, "read")
    form = {"user_id": "1", "item_id": "10", "word": "like", "csrf": form_code(client)}

    assert client.post("/say", data=form).status_code == 403
    assert not house.desk.receipts


@pytest.mark.parametrize("role", ROLES)
def test_the_list_as_a_file_is_for_those_who_may_export(house, role):
    answer = browser(house, role).get("/call-list.csv")

    assert answer.status_code == (200 if role in ("export", "admin") else 403)


def test_the_list_as_a_file_is_written_down_and_runs_nothing_in_a_spreadsheet(house):
    answer = browser(house, "export").get("/call-list.csv")
    (entry,) = privacy.exports(house.workspace)

    assert f'filename="call-list-{DAY}.csv"' in answer.headers["content-disposition"]
    assert "'=HYPERLINK" in answer.text
    assert f",{FORMULA}" not in answer.text
    assert (entry["rows"], entry["by"]) == (3, "a export token")


def test_filters_are_asked_of_the_desk_and_shown_again(house, asked):
    query = "?action=songs_by_mail&plan=paid&reason=gone_quiet&search=ann&at_least=30&sort=value"

    page = browser(house, "read").get(f"/call-list{query}").text

    wanted = {"action": "songs_by_mail", "plan": "paid", "reason": "gone_quiet", "search": "ann"}
    wanted |= {"min_probability": 0.3, "sort": "value", "page": 1}
    assert asked[-1].items() >= wanted.items()
    assert 'value="ann"' in page
    assert page.count(" selected") == 4
    assert 'href="/call-list">Clear' in page


def test_filters_that_make_no_sense_are_left_out(house, asked):
    query = "?action=dance&plan=gold&at_least=lots&sort=colour&page=-3&reason=%00"

    answer = browser(house, "read").get(f"/call-list{query}")

    assert answer.status_code == 200
    assert asked[-1].items() >= {"action": None, "plan": None, "sort": "rank", "page": 1}.items()


def test_the_file_is_of_the_rows_that_the_filters_leave(house, asked):
    page = browser(house, "export").get("/call-list?plan=paid").text

    assert 'href="/call-list.csv?plan=paid"' in page


def test_a_page_beyond_the_last_leads_to_the_last(house):
    answer = browser(house, "read").get("/call-list?plan=paid&page=9")

    assert answer.headers["location"] == "/call-list?plan=paid"


def test_the_search_leads_to_a_listener_by_id_and_to_songs_by_words(house):
    client = browser(house, "read")

    assert client.get("/listeners?q=2").headers["location"] == "/listeners/2"
    assert "No listener has the id" in client.get("/listeners?q=abba").text
    assert 'href="/songs/10"' in client.get("/listeners?q=abba").text


def test_a_listener_is_shown_with_own_numbers_beside_the_usual(house):
    page = browser(house, "read").get("/listeners/1").text

    assert "Last heard 9 days ago" in page
    assert '<td class="number">9.0</td><td class="number">2.0</td>' in page
    assert "2 plays on 1 active day" in page


def test_assumptions_move_the_profit_and_stay_within_their_bounds(house):
    client = browser(house, "read")

    page = client.get("/models/profit?paid=200&saves=99999&cost=lots").text
    shown = {tag["id"]: tag["value"] for tag in tags(page) if tag.get("type") == "range"}

    assert shown == {"paid": "200", "free": "10", "contact": "0.05", "saves": "200", "cost": "100"}


def test_the_chosen_theme_is_kept(house):
    client = browser(house, "read")
    form = {"csrf": form_code(client), "back": "/songs"}

    answer = client.post("/theme", data=form | {"theme": "dark"})
    page = client.get("/songs").text

    assert answer.headers["location"] == "/songs"
    assert 'data-theme="dark"' in page
    client.post("/theme", data=form | {"theme": ""})
    assert "data-theme" not in client.get("/songs").text


def test_files_of_the_pages_are_kept_by_browsers_and_change_their_names_with_their_bytes(house):
    client = browser(house)
    page = client.get("/login").text
    links = [tag for tag in tags(page) if tag["tag"] in ("link", "script")]
    for tag in links:
        answer = client.get(tag.get("href") or tag["src"])
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert len(links) == 3
    assert client.get("/static/pages.0000000000000000.css").status_code == 404


def test_pages_themselves_are_kept_by_nobody(house):
    assert browser(house, "read").get("/").headers["cache-control"] == "no-store"


def test_results_that_are_gone_are_said_so_with_what_to_do(own_house):
    client = browser(own_house, "read")
    shutil.rmtree(own_house.workspace.run_folder(DAY))

    answer = client.get("/models")

    assert answer.status_code == 503
    assert "What to do: tenuto run" in answer.text


def test_a_desk_without_answers_is_said_so_with_what_to_do(own_house):
    client = browser(own_house, "read")
    own_house.desk.broken = WorkspaceError("nothing is published", mend="tenuto publish w")

    answer = client.get("/")

    assert answer.status_code == 503
    assert "What to do: tenuto publish w" in answer.text


def test_a_section_is_drawn_anew_when_its_files_have_changed(own_house):
    client = browser(own_house, "read")
    before = client.get("/data").text
    ledger = own_house.workspace.audit / "ledger"

    (ledger / "20170330_3_play.json").unlink()
    after = client.get("/data").text

    assert "44 files" in before
    assert "43 files" in after


def test_without_tokens_everybody_on_this_machine_reads_and_is_told_so(tmp_path):
    page = browser(paged(tmp_path, with_tokens=False)).get("/").text

    assert "Open to anybody on this machine" in page
    assert "Sign out" not in page
