"""Kinds of listeners by how they listen: size, churn, what sets them apart, taste."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.reports._insight_charts import dots
from tenuto.reports._insights import asked_of, fewer_than, insight, share_between
from tenuto.reports._parts import Column, Figure, Notice, Paragraph, Part, Table
from tenuto.reports._results import Results
from tenuto.reports._words import count, figure, listing, percent, signed, text

TITLE = "Segments"
ORDER = 83
STEP = "insights"

_TRAITS_SHOWN = 4
# Usual marks: below the first there are no groups to speak of, below the other two halves of the
# listeners do not group them alike.
_SHARP, _AGREED = 0.25, 0.5


def section(results: Results) -> list[Part]:
    """Sizes and churn, what sets each apart, and its artists; nothing without segments."""
    segments = insight(results, "segments")
    if segments.empty:
        return []
    names = {int(row["segment"]): str(row["name"]) for row in segments.to_dict("records")}
    return [
        Paragraph(
            "Listeners active in the last 14 days, grouped by how they listened in the last four "
            f"weeks. The largest kind: those who {segments['name'].iloc[0]} "
            f"({percent(segments['share'].iloc[0], 0)})."
        ),
        *_caution(insight(results, "segments_choice")),
        _sizes(results, segments),
        *_rates(results, segments),
        *_apart(insight(results, "segments_traits"), names),
        *_taste(results, insight(results, "segments_taste"), names),
    ]


def _caution(choice: pd.DataFrame) -> list[Part]:
    if choice.empty:
        return []
    row = choice[choice["is_chosen"].astype(bool)].iloc[0]
    said = (
        f"{count(row['n_segments'])} segments, of {count(choice['n_segments'].min())} to "
        f"{count(choice['n_segments'].max())} tried: the number on which halves of the listeners "
        f"agree best (adjusted Rand index {figure(row['agreement'], 2)}; 1 the same groups, 0 as "
        f"by chance). Mean silhouette {figure(row['silhouette'], 2)}."
    )
    doubts = []
    if row["silhouette"] < _SHARP:
        doubts.append(
            "the silhouette is low: these are cuts through a cloud and no separate kinds, and who "
            "is near a border could as well be next door"
        )
    if row["agreement"] < _AGREED:
        doubts.append("the halves agree little: other listeners would give other segments")
    if not doubts:
        return [Notice(said)]
    return [Notice(f"{said} Take care: {listing(doubts)}.", "warning")]


def _sizes(results: Results, segments: pd.DataFrame) -> Table:
    columns = [
        Column("Listeners who …", wraps=True),
        Column("How many", is_number=True),
        Column("Share", is_number=True),
    ]
    has_model = "mean_probability" in segments.columns
    if has_model:
        columns.append(Column(f"Said to {results.label.verb}", is_number=True))
        columns.append(Column("Came true in the test [95%]", is_number=True))
    rows = []
    for row in segments.to_dict("records"):
        cells = [str(row["name"]), count(row["n_listeners"]), percent(row["share"], 0)]
        if has_model:
            cells += [percent(row["mean_probability"], 0), share_between(row, "rate")]
        rows.append(cells)
    note = (
        f"Clusters (k-means) of standardised habits at {results.cutoff}, rates by their logarithm. "
        "A name is made of the two traits that set a segment apart most, and is relative: the "
        "others do it less. "
    )
    if has_model:
        came = results.label.measured_from(asked_of(results)["test_cutoff"])
        note += (
            f"Said to {results.label.verb}: mean probability at the cutoff. Came true: of those "
            f"whose habits put them there at the test, the share for whom it did ({came}), with "
            "95% Wilson intervals. "
        )
    return Table("Segments", columns, rows, note + fewer_than(results))


def _rates(results: Results, segments: pd.DataFrame) -> list[Part]:
    known = segments.dropna(subset=["rate"]) if "rate" in segments.columns else segments.head(0)
    if len(known) < 2:
        return []
    rows = known.rename(columns={"name": "row", "rate": "value"})
    columns = ["row", "value", "low", "high"]
    if "mean_probability" in rows.columns:
        rows = rows.assign(second=rows["mean_probability"])
        columns.append("second")
    says = _compared(known)
    ends = [0, min(1.0, 1.1 * float(rows[["high", *columns[4:]]].max().max()))]
    rate = results.label.rate
    svg = dots(
        rows[columns], "segment_rates", f"{rate} by segment. {says}", x_title=rate, domain=ends
    )
    listed = "; ".join(
        f"{row['name']}: {count(row['n_label'])} of {count(row['n_test'])}"
        for row in known.to_dict("records")
    )
    note = (
        f"{rate.capitalize()} of each segment: {results.label.measured_from('the test cutoff')}, "
        f"{asked_of(results)['test_cutoff']}. {listed}. Bars are 95% Wilson intervals; the "
        "probability is that of the call list."
    )
    key = [("main", "came true in the test"), ("rival", "mean probability at the cutoff")]
    title = f"{rate.capitalize()} by segment"
    return [Figure("segment_rates", title, svg, says, note, swatches=key[: len(columns) - 3])]


def _compared(known: pd.DataFrame) -> str:
    ordered = known.sort_values(["rate", "segment"])
    least, most = ordered.iloc[0], ordered.iloc[-1]
    said = (
        f"Most among those who {most['name']} ({share_between(most, 'rate')}), least among those "
        f"who {least['name']} ({share_between(least, 'rate')})"
    )
    if most["low"] <= least["high"]:
        return f"{said}; the intervals overlap, so no difference is shown."
    return f"{said}; these intervals do not overlap."


def _apart(traits: pd.DataFrame, names: dict[int, str]) -> list[Part]:
    if traits.empty:
        return []
    rows: list[list[str] | str] = []
    for number, of in traits.groupby("segment"):
        if int(str(number)) not in names:
            continue
        rows.append(names[int(str(number))])
        rows += [_trait(row) for row in of.head(_TRAITS_SHOWN).to_dict("records")]
    columns = [
        Column("What sets it apart"),
        Column("Here", is_number=True),
        Column("Others", is_number=True),
        Column("Difference", is_number=True),
    ]
    note = (
        "Means over the listeners of the segment and over all others. Difference: of the means, in "
        "standard deviations of all, rates by their logarithm. The "
        f"{_TRAITS_SHOWN} largest of each; all are in insights/segments_traits.csv. Hours are UTC."
    )
    return [Table("What sets the segments apart", columns, rows, note)]


def _trait(row: Any) -> list[str]:
    return [
        text(row["words"]),
        figure(row["mean"], 2),
        figure(row["mean_others"], 2),
        signed(row["difference"], 1),
    ]


def _taste(results: Results, taste: pd.DataFrame, names: dict[int, str]) -> list[Part]:
    if taste.empty:
        return [
            Paragraph(
                "No artist is heard more in one segment than in the others beyond chance: these "
                "kinds differ in how they listen, not in what."
            )
        ]
    rows: list[list[str] | str] = []
    for number, of in taste.groupby("segment"):
        rows.append(names.get(int(str(number)), ""))
        rows += [
            [
                text(row["artist"]),
                count(row["n_listeners"]),
                percent(row["share"], 2),
                percent(row["share_others"], 2),
            ]
            for row in of.to_dict("records")
        ]
    columns = [
        Column("Artist"),
        Column("Listeners", is_number=True),
        Column("Share of plays", is_number=True),
        Column("Elsewhere", is_number=True),
    ]
    note = (
        "Artists heard more in a segment than in the others: the artist's part of a listener's "
        "plays in the last four weeks, averaged over listeners, so that who plays more has no more "
        "to say. Of what is listed at most 5% is expected to be chance (Benjamini-Hochberg). "
        f"{fewer_than(results)}"
    )
    return [Table("Artists of the segments", columns, rows, note)]
