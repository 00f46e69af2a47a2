"""Look for better settings of the recommenders, within the time given.

They are tried on days before those by which lists are judged. Defaults stay unless beaten beyond
noise; the next run uses what was found.

Example:

  tenuto recommend tune my-service --budget 5m --recommenders ials,item_knn
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenuto.cli._countdown import countdown
from tenuto.cli._options import AsJson, Cutoff, WorkspaceFolder
from tenuto.cli._output import print_json, print_places, print_table
from tenuto.cli._tuning import seconds

if TYPE_CHECKING:
    from tenuto.recommenders._tune import Tuned


def command(
    folder: WorkspaceFolder,
    cutoff: Cutoff = None,
    recommenders: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Members of recommenders/, such as ials,item_knn; by default those that "
            "recommend.model is made of.",
        ),
    ] = None,
    budget: Annotated[
        str, typer.Option(metavar="TIME", help="For all of them: 60s, 10m or 1h.")
    ] = "60s",
    trials: Annotated[
        int, typer.Option(metavar="N", min=2, help="Settings per recommender at most.")
    ] = 27,
    as_json: AsJson = False,
) -> None:
    from tenuto import errands
    from tenuto.workspace import Workspace

    workspace = Workspace(folder)
    asked = [name.strip() for names in recommenders or () for name in names.split(",")]
    with countdown() as tell:
        found = errands.tune_recommenders(
            workspace, cutoff, asked, budget_s=seconds(budget), n_trials=trials, progress=tell
        )
    if as_json:
        print_json([one.to_dict() for one in found])
        return
    print(f"{found[0].how}\n" if found else "Nothing to tune.")
    print_table(["recommender", "trials", "NDCG@100", "settings"], map(_row, found))
    print()
    for one in found:
        print(f"{one.recommender}: {one.choice.why}.")
    print_places({"every trial": workspace.root / "tuning" / "recommenders"})


def _row(one: Tuned) -> list[Any]:
    settings = ", ".join(f"{name}={value}" for name, value in sorted(one.settings.items()))
    return [one.recommender, len(one.trials), one.choice.ndcg, settings or "the defaults"]
