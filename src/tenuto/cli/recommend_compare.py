"""Hold recommenders and lists against each other, by what listeners played next.

Everything is fitted anew on the days before the latest cutoff whose outcome is in the log, and
judged on the days after it. One table a question, and one page.

Example:

  tenuto recommend compare my-service --recommenders ials,item_knn,ease
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenuto.cli._options import AsJson, Cutoff, WorkspaceFolder
from tenuto.cli._output import print_json, print_places, print_table
from tenuto.cli._progress import progress

if TYPE_CHECKING:
    import pandas as pd

_QUESTIONS = {
    "all": "What listeners play next, old loves included (minus personal_then_global)",
    "repeat": "Old loves that come back (minus personal)",
    "new": "What listeners hear for the first time (minus popularity)",
}
_METRICS = ("ndcg", "recall", "map", "mrr", "hit_rate", "coverage")


def command(
    folder: WorkspaceFolder,
    cutoff: Cutoff = None,
    recommenders: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Members of recommenders/, such as ials,item_knn; by default all. The lists and "
            "the baselines are always there.",
        ),
    ] = None,
    k: Annotated[
        int | None, typer.Option("-k", metavar="N", min=1, help="Songs per list; see recommend.k.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    from tenuto import errands
    from tenuto.workspace import Workspace

    asked = [name.strip() for names in recommenders or () for name in names.split(",")]
    with progress() as tell:
        found, place = errands.compare_lists(Workspace(folder), cutoff, asked, k=k, progress=tell)
    if as_json:
        print_json({**found.to_dict(), "folder": place})
        return
    print(
        f"Lists of {found.k} made at {found.cutoff}, for {found.n_users:,} listeners who came back."
    )
    for target, question in _QUESTIONS.items():
        rows = found.accuracy[found.accuracy["target"] == target]
        print(f"\n{question}:")
        _print(rows)
    print()
    print_places({"page": place / "comparison.html", "tables": place})


def _print(rows: pd.DataFrame) -> None:
    wide = rows.pivot(index="recommender", columns="metric", values="value")
    ndcg = rows[rows["metric"] == "ndcg"].set_index("recommender")
    order = wide.sort_values("ndcg", ascending=False, kind="stable").index
    cells = [[name, *(_cell(wide.loc[name, metric]) for metric in _METRICS)] for name in order]
    for line in cells:
        line += _gap(ndcg.loc[line[0]])
    print_table([" ", *_METRICS, "ndcg minus", "95% interval", "verdict"], cells)


def _gap(record: pd.Series) -> list[Any]:
    if record["verdict"] is None or record["verdict"] != record["verdict"]:
        return [None, None, None]
    low, high = record["difference_low"], record["difference_high"]
    return [float(record["difference"]), f"{low:.3f} to {high:.3f}", record["verdict"]]


def _cell(value: float) -> float | None:
    return None if value != value else float(value)
