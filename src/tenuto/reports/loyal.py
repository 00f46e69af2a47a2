"""What the listeners least likely to leave share, and what of it is more than activity (S2-I7)."""

from __future__ import annotations

import pandas as pd

from tenuto.reports._insight_charts import dots
from tenuto.reports._insights import asked_of, fewer_than, insight, share_between
from tenuto.reports._parts import Figure, Paragraph, Part
from tenuto.reports._results import Results
from tenuto.reports._words import count, listing, plural

TITLE = "Loyal listeners"
ORDER = 84
STEP = "insights"

_NAMED = 4


def section(results: Results) -> list[Part]:
    """Whether they did stay, and the traits that they share; nothing where it was not asked."""
    loyal = insight(results, "loyal")
    if loyal.empty:
        return []
    return [
        Paragraph(
            f"The fifth of the active listeners who are least likely to {results.label.verb}, by "
            f"the model of the call list.{_tested(results)} What they share is a description and "
            "no recipe: making others do the same need not keep them."
        ),
        _traits(results, loyal),
    ]


def _tested(results: Results) -> str:
    test = insight(results, "loyal_test")
    if test.empty:
        return ""
    by_group = {str(row["group"]): row for row in test.to_dict("records")}
    loyal, others = by_group["loyal"], by_group["others"]
    return (
        f" At the test of {asked_of(results)['test_cutoff']} {share_between(loyal, 'rate')} of "
        f"such a fifth ({count(loyal['n_listeners'])}) turned out to {results.label.verb}, and "
        f"{share_between(others, 'rate')} of the others."
    )


def _traits(results: Results, loyal: pd.DataFrame) -> Figure:
    rows = loyal.rename(columns={"words": "row", "effect": "value", "effect_alike": "second"})
    rows = rows[["row", "value", "low", "high", "second"]]
    says = _says(loyal)
    ends = rows[["low", "high", "second"]]
    reach = min(1.0, 1.08 * max(float(ends.abs().max().max()), 0.3))
    svg = dots(
        rows,
        "loyal_traits",
        f"Loyal listeners against the others. {says}",
        x_title="the others have more ← Cliff's delta → the loyal have more",
        domain=[-reach, reach],
        is_share=False,
        zero=0.0,
    )
    largest = loyal.iloc[0]
    note = (
        f"{count(largest['n_loyal'])} loyal against {count(largest['n_others'])} others, active in "
        f"the last 14 days before {results.cutoff}, habits of the last four weeks. Cliff's delta: "
        "the chance that a loyal listener has more of it than another, less the chance of the "
        "reverse; bars are 95% intervals. Diamonds compare only listeners who come about as often "
        "(within fifths of active days a week). A trait is named above if its difference among "
        "those alike is beyond chance, with at most 5% false ones expected (Benjamini-Hochberg "
        f"over {plural(len(loyal), 'trait')}). {fewer_than(results)}"
    )
    key = [("main", "against all others"), ("rival", "among those who come as often")]
    title = "Loyal listeners against the others"
    return Figure("loyal_traits", title, svg, says, note, swatches=key)


def _says(loyal: pd.DataFrame) -> str:
    found = loyal[loyal["is_found_alike"].astype(bool)]
    found = found.assign(size=found["effect_alike"].abs()).sort_values(
        ["size", "trait"], ascending=[False, True]
    )
    more = [str(row["words"]) for row in found.to_dict("records") if row["effect_alike"] > 0]
    less = [str(row["words"]) for row in found.to_dict("records") if row["effect_alike"] < 0]
    if not more and not less:
        return "Beyond how often they come, nothing sets them apart."
    said = [f"more: {listing(more[:_NAMED])}"] if more else []
    said += [f"less: {listing(less[:_NAMED])}"] if less else []
    return f"Among listeners who come about as often, the loyal have {'; '.join(said)}."
