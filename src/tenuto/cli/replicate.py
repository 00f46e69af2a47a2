"""Run a published recipe on your logs, with its own metric and a proper test beside it.

The recipes are those of two earlier projects on logs of subscriptions. Each
is run as it was published, and as it should have been tested, so that
anyone can see what its figures mean.

Example:

  tenuto replicate sparkify-lifetime my-service
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenuto.cli._options import AsJson
from tenuto.cli._output import print_json, print_table
from tenuto.cli._progress import progress

_SHOWN = {
    "variant": "variant",
    "label": "label",
    "model": "model",
    "published": "published",
    "weighted_f1": "weighted F1",
    "weighted_f1_of_nobody": "naming nobody",
    "churn_f1": "F1 of churn",
    "average_precision": "area under PR",
    "base_rate": "base rate",
    "auc": "AUC",
}


def command(
    recipe: Annotated[str, typer.Argument(help="`tenuto list replication` names them.")],
    folder: Annotated[
        Path, typer.Argument(metavar="[WORKSPACE]", help="The folder made by `tenuto init`.")
    ] = Path("."),
    seed: Annotated[int, typer.Option(help="The same seed gives the same figures.")] = 0,
    as_json: AsJson = False,
) -> None:
    import pandas as pd

    from tenuto import errands
    from tenuto.workspace import Workspace

    with progress() as tell:
        results = errands.replicate(Workspace(folder), recipe, seed=seed, progress=tell)
    scores = pd.read_csv(results / "scores.csv")
    says = (results / "says.txt").read_text("utf-8").splitlines()
    if as_json:
        rows = scores.astype(object).where(scores.notna(), None).to_dict("records")
        print_json({"scores": rows, "says": says, "folder": results})
        return
    known = [name for name in _SHOWN if name in scores]
    cells = scores[known].astype(object).where(scores[known].notna(), None)
    print_table([_SHOWN[name] for name in known], cells.to_numpy().tolist())
    print("\n" + "\n".join(says))
    print(f"\nScores and models are in {results}")
