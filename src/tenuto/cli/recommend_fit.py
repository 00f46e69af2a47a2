"""Recommend from a table you already have: one row per play, or per user and item with a weight.

CSV, TSV (packed or not, with or without a header), JSON lines, Parquet, or a sparse matrix (.npz).
Columns are told by their names, and said. Settings are searched for within --budget; a part is
held out first, by time where there is one, to say how good the lists would have been; then all of
it is learned from. The folder has the model, everybody's lists and the figures.

Example:

  tenuto recommend fit plays.csv.gz --out songs

  tenuto recommend fit ratings.tsv --item movie_id --weight stars --no-tuning --out films
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenuto.cli._countdown import countdown
from tenuto.cli._options import AsJson
from tenuto.cli._output import print_json, print_places, print_table
from tenuto.cli._tuning import seconds

if TYPE_CHECKING:
    from tenuto.lists._table_results import PairSummary


def command(
    pairs: Annotated[
        Path, typer.Argument(metavar="PAIRS", help="The table: plays, or users, items and weights.")
    ],
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the model, lists and figures go.")
    ] = Path("recommender"),
    user: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Who; else told by its name.")
    ] = None,
    item: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="What; else told by its name.")
    ] = None,
    weight: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="How much: a count or a rating; else by its name."),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="When, or a place in an order; else by its name."),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME", help="One of `tenuto list recommenders`.")
    ] = "blend",
    budget: Annotated[
        str, typer.Option(metavar="TIME", help="For tuning: 60s, 10m or 2h.")
    ] = "60s",
    tuning: Annotated[
        bool, typer.Option("--tuning/--no-tuning", help="Look for better settings, or take them.")
    ] = True,
    test: Annotated[
        float, typer.Option(metavar="SHARE", help="Held out for figures; 0 for no figures.")
    ] = 0.2,
    split: Annotated[
        str,
        typer.Option(
            metavar="HOW",
            help="What to hold out: forward (in time), last (of each user), random; or auto.",
        ),
    ] = "auto",
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="Places of each list.")] = 50,
    names: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A table of what items are called: item_id, title."),
    ] = None,
    factors: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Serve with factors made elsewhere; learn nothing."),
    ] = None,
    user_ids: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An id a line: the rows of a matrix."),
    ] = None,
    item_ids: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An id a line: columns of a matrix, rows of --factors."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    as_json: AsJson = False,
) -> None:
    budget_s = seconds(budget) if tuning else None
    from tenuto import errands
    from tenuto.lists._table_fit import PairSettings

    settings = PairSettings(
        user=user,
        item=item,
        weight=weight,
        time=time,
        model=model.replace("-", "_"),
        budget_s=budget_s,
        test_share=test,
        split=split,
        k=k,
        random_state=seed,
    )
    with countdown() as tell:
        summary = errands.fit_table(
            *(pairs, out, settings),
            factors=factors,
            names=names,
            user_ids=user_ids,
            item_ids=item_ids,
            progress=tell,
        )
    if as_json:
        print_json({**summary.to_dict(), "folder": out})
        return
    _print_summary(summary, out)


def _print_summary(summary: PairSummary, out: Path) -> None:
    print(
        f"{summary.n_rows:,} of {summary.n_read:,} rows: {summary.n_users:,} users, "
        f"{summary.n_items:,} items, {summary.n_pairs:,} pairs."
    )
    print(f"  {summary.columns}")
    for note in summary.notes:
        print(f"  {note}")
    if summary.how is not None and summary.figures:
        _print_figures(summary)
    lists = " and ".join(summary.lists)
    print(f"\n'{summary.model}' now knows all of the table ({lists} for everybody).")
    print(f"One user:    tenuto recommend for {out} --user ID")
    print(f"A newcomer:  tenuto recommend for {out} --history ITEM,ITEM")
    print_places(
        {"model": out / "model", "lists": out / "lists.csv", "figures": out / "metrics.csv"}
    )


_WHAT = {"all": "whatever comes next", "new": "what is new to the user"}


def _print_figures(summary: PairSummary) -> None:
    print(f"\n{summary.how}")
    columns = ["lists of", "by", "NDCG@10", "NDCG@100", "95% interval", "recall@10", "coverage@10"]
    rows = []
    for row in sorted(summary.figures, key=lambda row: (row["target"], -row["ndcg@100"])):
        between = f"{row['low']:.3f} to {row['high']:.3f}"
        figures = [row["ndcg@10"], row["ndcg@100"], between, row["recall@10"], row["coverage@10"]]
        rows.append([_WHAT[row["target"]], row["recommender"], *figures])
    print_table(columns, rows)
    for row in summary.figures:
        if row["recommender"] == summary.model.replace("_", " ") and row["verdict"] != "better":
            print(
                f"For {_WHAT[row['target']]}, '{summary.model}' does not beat what needs no "
                "learning: use that, or more data."
            )
