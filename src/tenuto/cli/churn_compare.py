"""Compare the churn models of a run: which differences are noise, and which are not.

Nothing is trained. The models are held against each other on the listeners of the run's
test, whom none of them knew, in pairs on the same draws. By default at the latest cutoff.

Example:

  tenuto churn compare my-service --cutoff 2017-04-29 --metric log_loss
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenuto.cli._options import AsJson, Cutoff, WorkspaceFolder
from tenuto.cli._output import print_json, print_places, print_table
from tenuto.cli._progress import progress

if TYPE_CHECKING:
    from tenuto.churn._compare import Comparison
    from tenuto.churn._compare_gaps import Gap

_WHO = {
    "all": "",
    "active_14d": " active in the last 14 days",
    "active_7d": " active in the last 7 days",
}


def command(
    folder: WorkspaceFolder,
    cutoff: Cutoff = None,
    population: Annotated[
        str, typer.Option(metavar="NAME", help="all, active_14d or active_7d.")
    ] = "active_14d",
    metric: Annotated[
        str, typer.Option(metavar="NAME", help="auc, log_loss, average_precision, lift_at_10, ...")
    ] = "auc",
    models: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Models of the run, such as blend,boosting; by default all. The base rate and "
            "the recency rule are always there.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every pair of models here, as CSV.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    from tenuto import errands
    from tenuto.churn._compare_words import sentences
    from tenuto.workspace import Workspace

    workspace = Workspace(folder)
    asked = [name.strip() for names in models or () for name in names.split(",")]
    with progress() as tell:
        tell("comparing models", 0, 1)
        found = errands.compare(
            workspace, cutoff, population=population, metric=metric, models=asked
        )
    if out is not None:
        found.write(out)
    if as_json:
        print_json({**found.to_dict(), "said": sentences(found)})
        return
    _print(found)
    print("\n" + "\n".join(sentences(found)))
    if out is not None:
        print()
        print_places({"every pair": out})


def _print(found: Comparison) -> None:
    from tenuto.churn._compare_words import metric_in_words

    print(
        f"{found.n_listeners:,} listeners{_WHO[found.population]} on {found.test_cutoff}, "
        f"{found.rate_words} {found.base_rate:.1%}.\n"
    )
    gaps = {gap.against: gap for gap in found.with_best()}
    rows = [_row(record, gaps.get(record["model"]), found.metric) for record in found.figures]
    columns = ["model", metric_in_words(found.metric), "95% interval", "minus the best"]
    print_table([*columns, "95% interval", "difference"], rows)


def _row(record: dict[str, Any], gap: Gap | None, metric: str) -> list[str]:
    from tenuto.churn._compare_words import figure, signed

    value, low, high = (figure(record[name], metric) for name in ("value", "low", "high"))
    said = [record["model"], value, f"{low} to {high}"]
    if gap is None:
        return [*said, "", "", ""]
    between = sorted([-gap.low, -gap.high])
    shown = [signed(-gap.difference, metric), " to ".join(signed(edge, metric) for edge in between)]
    return [*said, *shown, "beyond noise" if gap.is_beyond else "noise"]
