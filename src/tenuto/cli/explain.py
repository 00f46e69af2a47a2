"""Say why a listener has this score: every reason, with the listener's own numbers.

The first column is what the reason adds to the log-odds of leaving, beside the average listener
active in the last 14 days; what adds most comes first.

Example:

  tenuto explain my-service --user 168000001
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tenuto.cli._options import AsJson, Cutoff, WorkspaceFolder
from tenuto.cli._output import print_json, print_table
from tenuto.errors import UnknownName, WorkspaceError


def command(
    folder: WorkspaceFolder,
    user: Annotated[str, typer.Option(metavar="USER_ID", help="The listener to explain.")],
    cutoff: Cutoff = None,
    as_json: AsJson = False,
) -> None:
    from tenuto.opened import timeline_of
    from tenuto.reasons import CATALOGUE, tell
    from tenuto.workspace import Workspace

    workspace = Workspace(folder)
    timeline = timeline_of(workspace)
    day = timeline.parse_cutoff(cutoff or timeline.end)
    results = workspace.run_folder(day) / "churn"
    score = _score(results, user, f"tenuto churn {workspace.root} --cutoff {day}")
    reasons = tell(results, [score["user_id"]]).drop(columns="user_id").to_dict("records")
    if as_json:
        print_json({**score, "cutoff": day, "reasons": reasons})
        return
    print(
        f"Listener {user} at {day}: probability {score['probability']:.1%}, "
        f"rank {score['rank']:,} of {score['n_listeners']:,}."
    )
    rows = [
        (f"{row['contribution']:+z.2f}", CATALOGUE.get(row["reason"]).LABEL, row["sentence"])
        for row in reasons
    ]
    print_table(("adds", "reason", "in words"), rows)


def _score(results: Path, user: str, command: str) -> dict[str, Any]:
    """The listener's row of the saved scores: id, rank, probability; and how many there are.

    Raises
    ------
    WorkspaceError : if nobody was scored there
    UnknownName : if this listener was not
    """
    import pandas as pd

    file = results / "churn_scores.parquet"
    if not file.exists():
        raise WorkspaceError(f"{file} is not there: nobody was scored", mend=command)
    scores = pd.read_parquet(file, columns=["user_id", "rank", "probability"])
    found = scores[scores["user_id"].astype(str) == user]
    if found.empty:
        raise UnknownName(
            f"no listener {user} in {file}", mend="use a user_id of the logs before the cutoff"
        )
    row = {str(name): value for name, value in found.iloc[0].to_dict().items()}
    return {**row, "rank": int(row["rank"]), "n_listeners": len(scores)}
