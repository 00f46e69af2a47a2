"""What every command of ``tenuto`` promises."""

from __future__ import annotations

import inspect
import shlex

import pytest
from typer.testing import CliRunner

from tenuto.cli import CATALOGUE
from tenuto.cli._program import build_command, build_program, called, spoken

every_command = pytest.mark.parametrize("name", CATALOGUE.names())


def help_of(name: str) -> str:
    words = [*spoken(name).split(), "--help"]
    shown = CliRunner().invoke(build_program(), words, env={"TERMINAL_WIDTH": "100"})
    assert shown.exit_code == 0, shown.output
    return shown.stdout


def examples_of(name: str) -> list[list[str]]:
    """The pasteable lines of a command's help, as words after ``tenuto``."""
    text = inspect.getdoc(CATALOGUE.get(name)) or ""
    lines = [line.strip() for line in text.partition("Example:")[2].splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("tenuto ")]


@every_command
def test_help_says_what_the_command_is_for(name):
    assert CATALOGUE.describe(name).partition(":")[0][:40] in help_of(name)


@every_command
def test_every_argument_and_option_has_a_line_of_help(name):
    silent = [part.name for part in build_command(name).params if not part.help]
    assert silent == []


@every_command
def test_the_help_ends_in_an_example_that_parses(name):
    examples = examples_of(name)
    assert examples
    for example in examples:
        found, arguments = called(example)
        assert found == name
        build_command(name).make_context(name, arguments)


@every_command
def test_the_example_is_in_the_help(name):
    shown = " ".join(help_of(name).split())
    assert all(shlex.join(["tenuto", *example]) in shown for example in examples_of(name))


@every_command
def test_there_is_json_for_programs(name):
    assert "--json" in help_of(name)


@every_command
def test_an_option_that_is_not_there_is_the_users_mistake(name):
    shown = CliRunner().invoke(build_program(), [name, "--no-such-option"])
    assert shown.exit_code == 2
    assert "--no-such-option" in shown.stderr
    assert shown.stdout == ""


@every_command
def test_the_program_lists_the_command(name):
    shown = CliRunner().invoke(build_program(), ["--help"])
    assert f" {spoken(name)} " in shown.stdout
