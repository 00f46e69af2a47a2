"""Tokens: what is kept of them, and when they hold."""

from __future__ import annotations

import json
import os
import stat
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tenuto.cli._program import build_program
from tenuto.errors import SettingsError, WorkspaceError
from tenuto.service import _tokens
from tenuto.service._roles import Role
from tenuto.service._tokens import TokenBook
from tenuto.workspace import Workspace


@pytest.fixture
def book(tmp_path) -> TokenBook:
    return TokenBook(tmp_path)


def test_a_token_is_known_by_its_text_alone(book):
    token, text = book.create("web app", "feedback")
    assert book.holder_of(text) == token
    assert book.holder_of(text[:-1]) is None
    assert book.holder_of(text + "a") is None
    assert book.holder_of(text.upper()) is None
    assert book.holder_of(token.sha256) is None


def test_no_secret_is_on_the_disk(book):
    _, text = book.create("web app", "feedback")
    _, _, secret = text.split("_", 2)
    for file in book.file.parent.iterdir():
        assert secret not in file.read_text()


def test_the_file_is_the_owners_alone(book):
    book.create("web app", "read")
    assert stat.S_IMODE(os.stat(book.file).st_mode) == 0o600


def test_two_tokens_are_never_the_same(book):
    texts = {book.create("a", "read")[1] for _ in range(20)}
    assert len(texts) == len(book.all()) == 20


def test_a_token_of_so_many_days_is_refused_on_the_day_after(book, monkeypatch):
    token, text = book.create("visitor", "read", days=7)
    first = date.fromisoformat(token.created)
    monkeypatch.setattr(_tokens, "_today", lambda: first + timedelta(days=6))
    assert book.holder_of(text) == token
    monkeypatch.setattr(_tokens, "_today", lambda: first + timedelta(days=7))
    assert book.holder_of(text) is None
    assert book.holder_with_id(token.id) is None


def test_another_process_sees_a_change_at_once(book):
    _, text = book.create("web app", "read")
    elsewhere = TokenBook(book.file.parents[1])
    assert elsewhere.holder_of(text) is not None
    book.revoke("web app")
    assert elsewhere.holder_of(text) is None


def test_revoking_a_name_takes_all_tokens_of_that_name(book):
    book.create("web app", "read")
    book.create("web app", "admin")
    kept, _ = book.create("other", "read")
    assert len(book.revoke("web app")) == 2
    assert book.all() == [kept]
    assert book.revoke(kept.id) == [kept]


def test_revoking_what_is_not_there_is_said(book):
    with pytest.raises(SettingsError, match="no token has the name or id 'nobody'"):
        book.revoke("nobody")


def test_a_role_that_there_is_not_is_refused_before_anything_is_written(book):
    with pytest.raises(SettingsError, match="read, feedback, export, admin"):
        book.create("web app", "root")
    assert not book.file.exists()


def test_a_file_that_others_may_read_is_refused(book):
    book.create("web app", "read")
    book.file.chmod(0o644)
    with pytest.raises(WorkspaceError, match="chmod 600"):
        TokenBook(book.file.parents[1]).all()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 2, "tokens": []}',
        '{"format": 1, "tokens": [{"id": "a"}]}',
        '{"format": 1, "tokens": [{"id": "a", "name": "a", "role": "root", "sha256": "", '
        '"created": "2017-01-01"}]}',
        '{"format": 1, "tokens": [{"id": "a", "name": "a", "role": "admin", "sha256": "", '
        '"created": "2017-01-01"}]}',
    ],
)
def test_a_damaged_file_is_refused_with_a_mend(book, content):
    book.file.parent.mkdir()
    book.file.write_text(content)
    book.file.chmod(0o600)
    with pytest.raises(WorkspaceError, match="make new tokens"):
        book.holder_of("tenuto_a_b")


@given(st.text(max_size=60))
def test_no_text_at_all_opens_an_empty_book(tmp_path_factory, text):
    assert TokenBook(tmp_path_factory.getbasetemp() / "none").holder_of(text) is None


def test_each_role_may_do_all_that_the_ones_before_it_may():
    assert [role.word for role in Role] == ["read", "feedback", "export", "admin"]
    assert sorted(Role) == list(Role)


# On the command line.


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace.create(tmp_path / "w", source="musicbox", logs=tmp_path / "logs")


def tenuto(*words: object):
    return CliRunner().invoke(build_program(), [str(word) for word in words])


def test_a_token_is_made_listed_and_taken_away(workspace):
    made = tenuto("token", "create", workspace.root, "--role", "read", "--name", "web", "--json")
    token = json.loads(made.stdout)
    assert TokenBook(workspace.root).holder_of(token["token"]).name == "web"
    listed = tenuto("token", "list", workspace.root)
    assert "web" in listed.stdout
    assert token["token"] not in listed.stdout
    assert tenuto("token", workspace.root).stdout == listed.stdout
    assert tenuto("token", "revoke", workspace.root, "web").exit_code == 0
    assert tenuto("token", workspace.root).stdout == "Nobody has a token.\n"


def test_only_the_token_goes_to_stdout_so_that_it_can_be_piped(workspace):
    made = tenuto("token", "create", workspace.root, "--role", "admin", "--days", 3)
    assert TokenBook(workspace.root).holder_of(made.stdout.strip()).role == "admin"
    assert "cannot be shown again" in made.stderr


def test_a_role_that_there_is_not_has_status_2(workspace):
    made = tenuto("token", "create", workspace.root, "--role", "root")
    assert made.exit_code == 2
    assert "use one of: read, feedback, export, admin" in made.stderr
