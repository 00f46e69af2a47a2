"""What contacting would bring, how far down the list it pays, and what that rests on (K55)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenuto.reports._parts import Column, Facts, Figure, Notice, Paragraph, Part, Row, Table
from tenuto.reports._planned import action_label, money, money_between, plan, profit_curves
from tenuto.reports._profit_charts import lift_chart, profit_chart
from tenuto.reports._results import RULE, Results
from tenuto.reports._words import count, figure, listing, percent, plural, spoken

TITLE = "Profit"
ORDER = 75
STEP = "retention"


def section(results: Results) -> list[Part]:
    """The answer, the curves, what was assumed; nothing where no campaign was planned."""
    found = plan(results)
    if not found:
        return []
    figures = {row["ranking"]: row for row in found["profit"]}
    curves = profit_curves(results)
    if not figures or curves.empty:
        return [_assumed(found), _prices(found)]
    capacity = int(found["assumed"]["capacity"])
    return [
        _answer(results, figures),
        _facts(found),
        Row(_charts(results, curves, figures, capacity)),
        _figures(results, figures),
        _assumed(found),
        _prices(found),
    ]


def under_other_assumptions(
    results: Results, curves: pd.DataFrame, rankings: list[dict[str, Any]], capacity: int
) -> list[Part]:
    """What the campaign would have brought at the test, had other values been assumed.

    Parameters
    ----------
    curves, rankings : as `tenuto.retention._profit.profit_at_the_test` returns them
    capacity : how many can be contacted; 0: all
    """
    figures = {row["ranking"]: row for row in rankings}
    if results.model not in figures:
        return []
    charts = _charts(results, curves, figures, capacity)
    return [_answer(results, figures), Row(charts), _figures(results, figures)]


def _charts(
    results: Results, curves: pd.DataFrame, figures: dict[str, dict[str, Any]], capacity: int
) -> list[Figure]:
    return [_profit(results, curves, figures, capacity), _lift(results, curves)]


def _answer(results: Results, figures: dict[str, dict[str, Any]]) -> Notice:
    ours = figures[results.model]
    said = (
        f"At the test of {results.churn['test_cutoff']}, contacting the {count(ours['n_stop'])} of "
        f"{plural(ours['n_listeners'], 'active listener')} whom an action was expected to be worth "
        f"it would have brought {_between(ours, 'profit_stop')}."
    )
    if ours["difference"] is None:
        return Notice(said)
    low, high = ours["difference_low"], ours["difference_high"]
    gap = money_between(ours["difference"], low, high)
    if low > 0:
        return Notice(f"{said} That is {gap} more than by the recency rule.", "good")
    if high < 0:
        return Notice(
            f"{said} The recency rule would have brought more: the difference is {gap}. Choose "
            "actions by days since the last event instead.",
            "warning",
        )
    return Notice(
        f"{said} It cannot be told from what the recency rule would have brought: the difference "
        f"is {gap}.",
        "warning",
    )


def _between(row: dict[str, Any], name: str) -> str:
    return money_between(row[name], row["low"], row["high"])


def _facts(found: dict[str, Any]) -> Facts:
    effect = found["detectable"]
    shown = "–" if effect is None else percent(effect, 0)
    return Facts(
        [
            (
                money(found["value_at_risk"]),
                "value at risk",
                "active listeners, value × probability",
            ),
            (
                money(found["expected_value"]),
                "expected of this campaign",
                f"{count(found['n_contacted'])} to contact",
            ),
            (count(found["n_held_out"]), "held out by chance", "of those worth a contact"),
            (shown, "smallest effect it can show", "fewer leavers; four times in five"),
        ]
    )


def _profit(
    results: Results, curves: Any, figures: dict[str, dict[str, Any]], capacity: int
) -> Figure:
    ours = figures[results.model]
    says = (
        f"Most is earned with {count(ours['n_best'])} contacted ({money(ours['profit_best'])}); "
        f"contacting everybody brings {money(ours['profit_all'])}."
    )
    if capacity:
        at = curves[(curves["ranking"] == results.model) & (curves["n_contacted"] <= capacity)]
        says += f" The capacity of {count(capacity)} earns {money(at['profit'].iloc[-1])}."
    note = (
        f"{count(ours['n_listeners'])} listeners active in the last 14 days at "
        f"{results.churn['test_cutoff']}, by falling expected value; the outcome is what came in "
        f"{results.label.span}. Each gets the action that the settings choose. The dot is the "
        "maximum, in hindsight."
    )
    title = "Profit by how many are contacted"
    svg = profit_chart(results, curves, capacity, f"{title}. {says}")
    keys = [("main", spoken(results.model))]
    keys += [("rival", spoken(RULE))] if RULE in figures and results.model != RULE else []
    return Figure("profit", title, svg, says, note, keys, is_wide=False)


def _lift(results: Results, curves: Any) -> Figure:
    ours = curves[(curves["ranking"] == results.model) & (curves["n_contacted"] > 0)]
    tenth = ours.iloc[(ours["share_contacted"] - 0.1).abs().argmin()]
    says = (
        f"The first tenth by expected value holds {figure(tenth['lift'], 2)} times as many "
        f"{results.label.who} as a random tenth; no order could have more than "
        f"{figure(tenth['lift_cap'], 2)}."
    )
    note = (
        "The list is ordered by money, not by risk: a listener who pays may stand before a "
        "likelier one who does not. The dotted line is the cap, a list without a mistake."
    )
    title = "Lift of the list"
    svg = lift_chart(results, curves, f"{title}. {says}")
    return Figure("profit_lift", title, svg, says, note, is_wide=False)


def _figures(results: Results, figures: dict[str, dict[str, Any]]) -> Table:
    columns = [
        Column("Chosen by"),
        Column("Contacted", is_number=True),
        Column("Profit [95%]", is_number=True),
        Column("Best in hindsight", is_number=True),
        Column("Everybody", is_number=True),
        Column("EMP", is_number=True),
    ]
    rows = [
        [
            spoken(name),
            count(row["n_stop"]),
            _between(row, "profit_stop"),
            f"{money(row['profit_best'])} with {count(row['n_best'])}",
            money(row["profit_all"]),
            figure(row["emp"], 4),
        ]
        for name, row in figures.items()
    ]
    note = (
        "Profit where contact stops as soon as no action is expected to be worth it. Intervals: "
        "95%, bootstrap over listeners. EMP: the profit per listener at the best cut in shares of "
        "a listener's value, the same for all, with an offer of 5% and a contact of 0.5% of it, "
        "over the chance to keep a leaver, Beta(6, 14): it does not depend on your settings, so "
        "it can be compared with published ones (Verbraken et al. 2013)."
    )
    return Table("What the campaign would have brought at the test", columns, rows, note)


def _assumed(found: dict[str, Any]) -> Paragraph:
    settings = found["assumed"]
    value = sorted(settings["value"].items())
    worth = listing(f"{money(amount)} on the {name} plan" for name, amount in value)
    stage = {
        "revenue": "Actions are chosen by the money that they bring now.",
        "stickiness": "In the stage of stickiness, messages without an offer are weighed without "
        "the cost of contact and price cuts at twice theirs; the money shown is real.",
    }
    return Paragraph(
        f"All this rests on assumptions, in the section [retention] of tenuto.toml: a listener who "
        f"stays is worth {worth}, a contact costs {money(settings['contact_cost'])}, and each "
        "action keeps the share of leavers below, the same for all kinds of leavers. "
        f"{stage[settings['stage']]} Whether an action keeps as many, and whom, "
        f"only the {plural(found['n_held_out'], 'listener')} held out can tell: measure the "
        "campaign when the horizon has closed."
    )


def _prices(found: dict[str, Any]) -> Table:
    columns = [
        Column("Action"),
        Column("Keeps", is_number=True),
        Column("Costs per taker", is_number=True),
        Column("Contact", is_number=True),
        Column("Listeners", is_number=True),
    ]
    rows = [
        [
            action_label(found, name),
            percent(price["saves"], 0),
            money(price["cost"]),
            money(price["contact_cost"]),
            count(found["actions"].get(name, 0)),
        ]
        for name, price in found["prices"].items()
    ]
    note = (
        "Keeps: share of those about to leave who stay because of it, an assumption. Listeners: on "
        "the call list, hold-out included."
    )
    return Table("Actions, as assumed", columns, rows, note)
