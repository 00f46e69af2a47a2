"""The verdict, the figures of the day and where the lists are."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from tenuto.reports._model_charts import curve_figures
from tenuto.reports._parts import Column, Facts, Notice, Paragraph, Part, Row, Table
from tenuto.reports._planned import money, plan
from tenuto.reports._results import RULE, Results
from tenuto.reports._windows import faults
from tenuto.reports._words import (
    as_date,
    count,
    day,
    figure,
    listing,
    percent,
    plural,
    spoken,
)

TITLE = "In short"
ORDER = 10

_TONES = {"better": "good", "worse": "warning", "undecided": "warning"}


def section(results: Results) -> list[Part]:
    """The verdict first; then who, how sure, and what to open next."""
    if not results.has_model:
        return [without_model(results), *_files(results)]
    return [
        verdict(results),
        _facts(results),
        *_to_do(results),
        *others_that_beat_the_rule(results),
        *_charts(results),
        when(results),
        *damage(results),
        *_files(results),
    ]


def verdict(results: Results) -> Notice:
    """Whether the model of the call list beats the trivial rule."""
    ours = results.metric("auc", results.model) or {}
    tone = _TONES.get(str(ours.get("verdict")), "plain")
    return Notice(str(results.churn["verdict"]), tone)


def _to_do(results: Results) -> list[Part]:
    """What the list is for, and what it rests on."""
    found = plan(results)
    if not found or not found["n_planned"]:
        return []
    text = Markup(
        'To do: contact the {} of the <a href="#call_list">call list</a>, expected to be worth {} '
        'by the assumptions under <a href="#profit">Profit</a>; {} held out by chance, to see '
        "what it does."
    ).format(
        plural(found["n_contacted"], "listener"),
        money(found["expected_value"]),
        plural(found["n_held_out"], "other is", "others are"),
    )
    return [Paragraph(text)]


def others_that_beat_the_rule(results: Results) -> list[Part]:
    """The verdict is about the call list's model; others may do better than the rule."""
    better = results.better_models
    if not better or results.model in better:
        return []
    names = listing(spoken(name) for name in better)
    return [
        Paragraph(
            Markup(
                'Among the other models, {} {} beat the rule: see <a href="#models">Models</a>.'
            ).format(names, "does" if len(better) == 1 else "do")
        )
    ]


def without_model(results: Results) -> Notice:
    """Why there is no model, and what to do about it."""
    reason, _, mend = str(results.churn["skipped"]).partition("To mend:")
    said = f"There is no churn model in this run: {reason.strip().rstrip('.')}."
    said += f" To mend: {mend.strip().rstrip('.')}." if mend else ""
    return Notice(f"{said} Everything else below is as usual.", "warning")


def _facts(results: Results) -> Facts:
    churn = results.churn
    ours, rule = results.metric("auc", results.model), results.metric("auc", RULE)
    items = [
        (
            count(churn["n_active_14d"]),
            "listeners who can still be kept",
            f"active in the last 14 days; {count(churn['n_listeners'])} scored in all",
        ),
        (
            percent(None if ours is None else ours["base_rate"]),
            f"of such listeners {results.label.verb}",
            results.label.measured_from(str(churn["test_cutoff"])),
        ),
        _top_tenth(results),
        (
            figure(None if ours is None else ours["value"]),
            f"AUC of the {spoken(results.model)} model",
            _beside(results, ours, rule),
        ),
    ]
    return Facts(items)


def _charts(results: Results) -> list[Part]:
    """The two that a list is used by: how far down to call, and whether to believe it."""
    if not results.is_ranked:
        return []
    figures = curve_figures(results, ["gains", "reliability"])
    return [Row(figures)] if figures else []


def _beside(results: Results, ours: dict[str, Any] | None, rule: dict[str, Any] | None) -> str:
    """The rule's figure; where there are too few to compare, the interval that says so."""
    if ours is None or rule is None:
        return "not defined here"
    if not results.is_ranked:
        return f"95% interval {figure(ours['low'])} to {figure(ours['high'])}: too wide to rank by"
    return f"{figure(rule['value'])} by recency alone"


def _top_tenth(results: Results) -> tuple[str, str, str]:
    label = f"of the top tenth really did {results.label.verb}"
    precision = results.metric("precision_at_10", results.model)
    if precision is None:
        return percent(None), label, "not defined here"
    small = f"95% interval {percent(precision['low'], 0)} to {percent(precision['high'], 0)}"
    return percent(precision["value"]), label, small


def when(results: Results) -> Paragraph:
    """Of which days the list speaks, and at which it was tested."""
    label = results.label
    listed = (
        f"The list is as of {day(results.cutoff)}: it was made from the days before, and says "
        f"{label.promised(results.cutoff, day)}."
    )
    tested = as_date(results.churn["test_cutoff"])
    if tested == results.cutoff:
        check = " Those days are in the log already, so the figures above are about this very list."
    else:
        check = (
            f" How good such a list is was measured at {day(tested)}, the latest day whose "
            f"following {label.days} days are in the log."
        )
    return Paragraph(listed + check)


def damage(results: Results) -> list[Part]:
    """A warning where files with a fault lie in the days that the models look at."""
    found = faults(results)
    if found.empty or not (found["touches"] != "").any():
        return []
    n_files = int((found["touches"] != "").sum())
    text = Markup(
        "{} with a fault {} in the days that the models look at: see "
        '<a href="#completeness">Completeness</a> before trusting a change from yesterday.'
    ).format(plural(n_files, "log file"), "lies" if n_files == 1 else "lie")
    return [Notice(text)]


def _files(results: Results) -> list[Part]:
    rows = []
    if results.has_step("retention"):
        rows.append(
            _file("retention/call_list.csv", "The call list: whom to contact, why and with what")
        )
    if results.has_model:
        rows.append(
            _file(
                "churn/churn_scores.csv",
                f"All scores: every listener, the likeliest to {results.label.verb} first",
            )
        )
    rows += [
        _file("recommend/recommendations.csv", "What each listener should hear next"),
        _file("recommend/hot.csv", "The charts of the week and the month"),
        _file("run.json", "Settings, versions and digests of this run"),
    ]
    columns = [Column("File, beside this page", wraps=True), Column("What it holds", wraps=True)]
    return [Table("Where the lists are", columns, rows)]


def _file(path: str, what: str) -> list[str]:
    return [Markup('<a href="{0}">{0}</a>').format(path), what]
