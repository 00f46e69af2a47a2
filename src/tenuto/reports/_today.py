"""The day at a glance, for the first of the pages: figures to act on, and what to beware of."""

from __future__ import annotations

from tenuto.reports import drift
from tenuto.reports._parts import Facts, Notice, Part
from tenuto.reports._planned import money, plan
from tenuto.reports._results import Results
from tenuto.reports._words import count, percent
from tenuto.reports.in_short import damage, others_that_beat_the_rule, verdict, when, without_model


def at_a_glance(results: Results) -> list[Part]:
    """How many can be kept, how many to contact, what that is worth; nothing without a model."""
    if not results.has_model:
        return []
    churn, found = results.churn, plan(results)
    items = [
        (
            count(churn["n_active_14d"]),
            "listeners who can still be kept",
            f"active in the last 14 days; {count(churn['n_listeners'])} scored in all",
        )
    ]
    if found:
        items += [
            (
                count(found["n_contacted"]),
                "to contact",
                f"{count(found['n_held_out'])} more are held out by chance, to measure by",
            ),
            (
                money(found["expected_value"]),
                "expected of contacting them",
                f"{money(found['value_at_risk'])} are at risk; by the assumptions on Models",
            ),
        ]
    return [Facts([*items, *_rate(results)])]


def _rate(results: Results) -> list[tuple[str, str, str]]:
    ours = results.metric("auc", results.model)
    if ours is None:
        return []
    measured = results.label.measured_from(str(results.churn["test_cutoff"]))
    return [(percent(ours["base_rate"]), f"of such listeners {results.label.verb}", measured)]


def to_beware_of(results: Results) -> list[Part]:
    """How far the figures can be trusted: the model, the log, what has moved."""
    if not results.has_model:
        return [without_model(results), *damage(results)]
    moved = drift.answer(results)
    return [
        verdict(results),
        *others_that_beat_the_rule(results),
        *damage(results),
        *([moved] if moved is not None and _needs_a_look(moved) else []),
        when(results),
    ]


def _needs_a_look(notice: Notice) -> bool:
    return notice.tone != "good"
