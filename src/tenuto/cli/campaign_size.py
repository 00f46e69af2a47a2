"""How many listeners a campaign needs to show its effect, and what a planned one can show.

The effect is relative: 0.10 on a base of 0.62 means that 55.8 % leave instead of 62 %. Four such
campaigns in five then find it, with an error of one in twenty where there is none.

Example:

  tenuto campaign size --base 0.62 --effect 0.10 --holdout 0.1

  tenuto campaign size my-service --cutoff 2017-04-29
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenuto.cli._campaigns import planned
from tenuto.cli._options import AsJson, Cutoff
from tenuto.cli._output import print_json, print_table
from tenuto.errors import SettingsError

if TYPE_CHECKING:
    from tenuto.retention._results import RetentionSummary
    from tenuto.retention._size import Size

#: Shown for a workspace where no effect is asked for.
_USUAL_EFFECTS = (0.02, 0.05, 0.10, 0.20)


def command(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[WORKSPACE]", help="A workspace with a planned campaign."),
    ] = None,
    cutoff: Cutoff = None,
    base: Annotated[
        float | None,
        typer.Option(help="Share that leaves without contact; else that of the planned list."),
    ] = None,
    effect: Annotated[
        float | None, typer.Option(help="Share of the leavers that contact keeps.")
    ] = None,
    holdout: Annotated[
        float | None,
        typer.Option(help="Share held out; else that of the workspace, or 0.1."),
    ] = None,
    power: Annotated[float, typer.Option(help="Chance to find the effect.")] = 0.8,
    as_json: AsJson = False,
) -> None:
    from tenuto.retention._size import campaign_size

    summary = None
    if folder is not None:
        from tenuto.workspace import Workspace

        workspace = Workspace(folder)
        summary, _ = planned(workspace, cutoff)
        base = summary.base_rate if base is None else base
        holdout = workspace.settings.retention.holdout_share if holdout is None else holdout
    if base is None or (effect is None and summary is None):
        raise SettingsError(
            "a size needs the share that leaves and an effect",
            mend="tenuto campaign size --base 0.62 --effect 0.10, or name a workspace",
        )
    effects = _USUAL_EFFECTS if effect is None else (effect,)
    shares = dict.fromkeys([0.5, 0.1 if holdout is None else holdout])
    sizes = [campaign_size(base, one, share, power) for one in effects for share in shares]
    if as_json:
        print_json(
            {
                "sizes": [size.to_dict() for size in sizes],
                "planned": None if summary is None else summary.to_dict(),
            }
        )
        return
    _print_sizes(sizes)
    if summary is not None:
        _print_planned(summary)


def _print_sizes(sizes: list[Size]) -> None:
    rows = [
        [
            f"{size.base:.1%}",
            f"{size.contacted:.1%}",
            f"{size.effect:.0%}",
            f"{size.holdout_share:.0%}",
            size.n_holdout,
            size.n_treat,
        ]
        for size in sizes
    ]
    columns = ["leave", "with contact", "effect", "held out", "hold-out", "contacted"]
    print_table(columns, rows)


def _print_planned(summary: RetentionSummary) -> None:
    print(
        f"\nPlanned at {summary.cutoff}: {summary.n_held_out:,} held out, "
        f"{summary.n_contacted:,} to contact."
    )
    if summary.detectable is None:
        print("So few that no effect could be told from chance.")
    else:
        print(f"They can show an effect of {summary.detectable:.1%} and more.")
