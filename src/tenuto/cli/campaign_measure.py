"""Did contact keep listeners? The effect of a campaign, by its own hold-out group.

Listeners held out by chance show what would have been without contact. The answer comes with
an interval, by band and by action, in money, and says which effect would have been seen. Before
the days of the campaign are over there is none.

A campaign that was run elsewhere is measured from a table, one row per listener.

Example:

  tenuto campaign measure my-service
  tenuto campaign measure my-service --campaign spring --as-of 2017-05-13
  tenuto campaign measure --table spring.csv --group group --outcome left --score risk
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenuto.cli._options import AsJson
from tenuto.cli._output import print_json, print_places, print_table

if TYPE_CHECKING:
    from tenuto.retention._measure_results import MeasureSummary


def command(
    workspace: Annotated[
        Path | None, typer.Argument(metavar="WORKSPACE", help="The folder made by `tenuto init`.")
    ] = None,
    campaign: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which campaign; by default that of tenuto.toml."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Count only what was known at the start of that day."),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A campaign run elsewhere: CSV, TSV or Parquet."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Of the table: treat or holdout (or 1 and 0)."),
    ] = None,
    outcome: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Of the table: 1 for who left.")
    ] = None,
    score: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Of the table: the chance of leaving, from before."),
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="Of the table: the listener.")
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Of the table: known only afterwards; repeatable."),
    ] = None,
    value: Annotated[
        float | None, typer.Option(help="With a table: what a listener who stays is worth.")
    ] = None,
    contact_cost: Annotated[float, typer.Option(help="With a table: of one contact.")] = 0.0,
    offer_cost: Annotated[
        float, typer.Option(help="With a table: for each contacted listener who stays.")
    ] = 0.0,
    as_json: AsJson = False,
) -> None:
    columns = {
        "group": group,
        "outcome": outcome,
        "score": score,
        "id_column": id_column,
        "drop": tuple(drop or ()),
        "value": value,
        "contact_cost": contact_cost,
        "offer_cost": offer_cost,
    }
    if table is not None:
        _refuse(workspace is not None, "name a WORKSPACE or a --table, not both")
        found, places = _of_table(table, columns)
    else:
        _refuse(workspace is None, "name a WORKSPACE, or a --table with --group and --outcome")
        assert workspace is not None
        found, places = _of_workspace(workspace, campaign, as_of)
    if as_json:
        print_json({**found.to_dict(), **places})
        return
    _print_summary(found)
    print_places(places)


def _of_workspace(
    folder: Path, campaign: str | None, as_of: str | None
) -> tuple[MeasureSummary, dict[str, Any]]:
    from tenuto import errands
    from tenuto.workspace import Workspace

    workspace = Workspace(folder)
    found = errands.measure_campaign(workspace, campaign, as_of)
    return found, {"tables": folder / "campaigns" / found.campaign / "measured"}


def _of_table(table: Path, columns: dict[str, Any]) -> tuple[MeasureSummary, dict[str, Any]]:
    from tenuto import errands

    _refuse(not (columns["group"] and columns["outcome"]), "a --table needs --group and --outcome")
    return errands.measure_table(table, errands.CampaignTable(**columns)), {}


def _refuse(is_wrong: bool, message: str) -> None:
    if is_wrong:
        raise typer.BadParameter(message)


def _print_summary(found: MeasureSummary) -> None:
    for sentence in found.sentences:
        print(sentence)
    rows = [
        [_called(row), row["n_treat"], row["n_holdout"], *_interval(row)]
        for row in ({"by": "all", **found.effect}, *found.parts)
    ]
    print()
    print_table(["of", "to contact", "held out", "fewer left, points", "95% interval"], rows)
    if found.targeting:
        _print_targeting(found)


def _print_targeting(found: MeasureSummary) -> None:
    print("\nIf the list were chosen anew, on listeners whom its models did not know:")
    rows = [
        [row["ranking"], row["n_contacted"], f"{row['profit']:,.0f}", _ends(row, "low", "high", 0)]
        for row in found.targeting
    ]
    print_table(["by", "contacted", "profit", "95% interval"], rows)


def _called(row: dict[str, Any]) -> str:
    return "everybody" if row["by"] == "all" else f"{row['by']} {row['part']}"


def _interval(row: dict[str, Any]) -> list[str]:
    if row["effect"] != row["effect"]:
        return ["too few", ""]
    shown = {name: 100 * row[name] for name in ("effect", "low", "high")}
    return [f"{shown['effect']:.1f}", _ends(shown, "low", "high", 1)]


def _ends(row: dict[str, Any], low: str, high: str, digits: int) -> str:
    return f"{row[low]:,.{digits}f} to {row[high]:,.{digits}f}"
