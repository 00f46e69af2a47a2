"""Plan a campaign: for every listener a reason, an action, songs, and a group drawn by chance.

Values, costs and your own rules are in the section [retention] of tenuto.toml. A part of the
listeners is held out without contact, so that the effect can be measured afterwards.

Example:

  tenuto campaign my-service --cutoff 2017-04-29
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenuto.cli._options import AsJson, Cutoff, WorkspaceFolder
from tenuto.cli._output import print_json, print_places, print_table

if TYPE_CHECKING:
    from tenuto.retention._results import RetentionSummary


def command(folder: WorkspaceFolder, cutoff: Cutoff = None, as_json: AsJson = False) -> None:
    from tenuto import pipeline
    from tenuto.workspace import Workspace

    workspace = Workspace(folder)
    summary = pipeline.retain(workspace, cutoff)
    place = workspace.run_folder(summary.cutoff) / "retention"
    if as_json:
        print_json({**summary.to_dict(), "folder": place})
    elif summary.skipped:
        print(f"No campaign was planned: {summary.skipped}.")
    else:
        _print_summary(summary)
        print_places({"call list": place / "call_list.csv", "profit": place / "profit.csv"})


def _print_summary(summary: RetentionSummary) -> None:
    print(
        f"Campaign '{summary.campaign}' at {summary.cutoff}: {summary.n_contacted:,} of "
        f"{summary.n_listed:,} listeners to contact, {summary.n_held_out:,} held out by chance.\n"
    )
    rows = [
        [name, n, summary.prices[name]["saves"], summary.prices[name]["cost"]]
        for name, n in sorted(summary.actions.items(), key=lambda item: (-item[1], item[0]))
    ]
    print_table(["action", "listeners", "keeps (assumed)", "cost"], rows)
    print(
        f"\nExpected to bring {summary.expected_value:,.0f}, of {summary.value_at_risk:,.0f} at "
        "risk among the active, if actions keep as many as assumed."
    )
    if summary.detectable is None:
        print("So few are planned or held out that no effect could be told from chance.")
    else:
        print(
            f"The groups can show an effect from {summary.detectable:.0%} fewer leavers on: "
            "tenuto campaign size"
        )
