"""List what there is to choose from: sources, rules, features, models and so on.

Without a room, name the rooms that have members.

Example:

  tenuto list features
"""

from __future__ import annotations

from typing import Annotated

import typer

from tenuto.cli._options import AsJson
from tenuto.cli._output import print_json, print_table


def command(
    room: Annotated[str | None, typer.Argument(help="A room, such as features.")] = None,
    as_json: AsJson = False,
) -> None:
    from tenuto.cli._rooms import describe_members, describe_rooms

    described = describe_rooms() if room is None else describe_members(room)
    if as_json:
        print_json(described)
    else:
        print_table(["name", "description"], list(described.items()))
