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
        return [name.replace("_", "-") for name in CATALOGUE.names()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if ctx.resilient_parsing and cmd_name not in self.list_commands(ctx):
            return None
        return build_command(cmd_name)

    def invoke(self, ctx: Any) -> Any:
        with explained():
            return super().invoke(ctx)


def build_command(name: str) -> Any:
    """The member called ``name`` as a command, with its module docstring for help.

    Raises
    ------
    UnknownName : if there is no such command, with the nearest one
    """
    member = CATALOGUE.get(name)
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

    The exit status is 0, 1 for a mistake of ours, 2 for the user's, or 130 when interrupted.
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
