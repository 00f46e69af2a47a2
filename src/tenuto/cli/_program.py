"""The program ``tenuto``: its commands, each imported when it is asked for."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tenuto import __version__
from tenuto.catalogue import Catalogue
from tenuto.cli._mistakes import explained

CATALOGUE = Catalogue("tenuto.cli", must_provide=("command",))


class Commands(TyperGroup):
    """The members of this room as commands; nothing is imported before it is needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [spoken(name) for name in CATALOGUE.names()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if ctx.resilient_parsing and cmd_name not in self.list_commands(ctx):
            return None
        return build_command(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, rest = called(args)
        found, command, rest = super().resolve_command(ctx, [name, *rest])
        return (spoken(name) if name in CATALOGUE.names() else found), command, rest

    def invoke(self, ctx: Any) -> Any:
        with explained():
            return super().invoke(ctx)


def called(words: Sequence[str]) -> tuple[str, list[str]]:
    """The member that ``words`` begin with, and the words after its name.

    ``churn train`` is ``churn_train.py`` before it is ``churn`` with the argument ``train``: a
    folder of that name is called ``./train``.
    """
    both = "_".join(words[:2])
    if len(words) > 1 and both in CATALOGUE.names():
        return both, list(words[2:])
    return words[0], list(words[1:])


def spoken(name: str) -> str:
    """How a member is called: ``churn_train`` is ``churn train``, since ``churn`` is a command."""
    first, _, rest = name.partition("_")
    gap = " " if rest and first in CATALOGUE.names() else "-"
    return f"{first}{gap}{rest.replace('_', '-')}" if rest else name


def build_command(name: str) -> Any:
    """The member called ``name`` as a command, with its module docstring for help.

    Raises
    ------
    UnknownName : if there is no such command, with the nearest one
    """
    member = CATALOGUE.get(name.replace(" ", "_"))
    alone = typer.Typer(add_completion=False)
    alone.command(name=name, help=inspect.getdoc(member))(member.command)
    return typer.main.get_command(alone)


def build_program() -> typer.Typer:
    """All of ``tenuto``."""
    program = typer.Typer(cls=Commands, name="tenuto", add_completion=False)
    program.callback(no_args_is_help=True)(_options)
    return program


def main(arguments: Sequence[str] | None = None) -> None:
    """Run ``tenuto`` on ``arguments``, by default those of the process, and exit.

    The exit status is 0, 1 for a mistake of ours, 2 for the user's, 3 for a leak, 4 for an alarm of
    drift (results are written), 5 where another one is at work, or 130 when interrupted.
    """
    typer.main.get_command(build_program()).main(args=arguments, prog_name="tenuto")


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(f"tenuto {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Keep a music-streaming service's listeners: who is about to leave, why, what to do,
    and what each should hear next.

    Start with: tenuto demo demo
    """
