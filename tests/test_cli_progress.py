"""Progress and tables: what goes to which stream, and when."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr

import pytest

from tenuto.cli._output import in_words, print_json, print_table
from tenuto.cli._progress import progress


class Clock:
    """Seconds that pass when told to."""

    def __init__(self):
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_quick_says_nothing(capsys):
    clock = Clock()
    with progress(clock) as tell:
        for done in range(10):
            clock.now_s += 0.1
            tell("reading", done, 10)
    assert capsys.readouterr() == ("", "")


def test_off_a_terminal_a_step_that_lasts_gets_a_line_at_most_every_ten_seconds(capsys):
    clock = Clock()
    with progress(clock) as tell:
        for done in range(1, 31):
            clock.now_s += 1
            tell("reading", done, 30)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == ["reading: 2 of 30", "reading: 12 of 30", "reading: 22 of 30"]


def test_a_new_step_gets_a_line_at_once(capsys):
    clock = Clock()
    with progress(clock) as tell:
        clock.now_s = 5
        tell("reading", 1, 2)
        tell("summing", 1, 3)
    assert capsys.readouterr().err.splitlines() == ["reading: 1 of 2", "summing: 1 of 3"]


def test_bytes_are_told_as_a_share(capsys):
    clock = Clock()
    with progress(clock) as tell:
        clock.now_s = 5
        tell("reading", 500_000, 2_000_000)
    assert capsys.readouterr().err == "reading: 25%\n"


def test_on_a_terminal_there_are_bars_for_what_lasts():
    clock = Clock()
    with redirect_stderr(Terminal()) as terminal, progress(clock) as tell:
        tell("reading", 1, 2)
        clock.now_s = 5
        tell("summing", 3, 4)
    assert "reading" in terminal.getvalue()
    assert "3/4" in terminal.getvalue()


def test_on_a_terminal_too_what_is_quick_says_nothing():
    with redirect_stderr(Terminal()) as terminal, progress(Clock()) as tell:
        tell("reading", 1, 2)
    assert terminal.getvalue() == ""


def test_a_table_in_a_pipe_is_as_wide_as_its_cells(capsys):
    print_table(["name", "meaning"], [["a", "long " * 100], ["b", None]])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", "a", "b"]
    assert lines[1].count("long") == 100
    assert all(line == line.rstrip() for line in lines)


def test_brackets_in_a_cell_are_shown_and_not_taken_for_markup(capsys):
    print_table(["song"], [["[bold] Live [/bold]"]])
    assert "[bold] Live [/bold]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, ""), (True, "yes"), (1234567, "1,234,567"), (0.12345, "0.123"), ("42", "42")],
)
def test_cells_are_written_for_people(value, words):
    assert in_words(value) == words


def test_what_json_lacks_is_null(capsys):
    print_json({"share": float("nan"), "title": "心"})
    assert json.loads(capsys.readouterr().out) == {"share": None, "title": "心"}
