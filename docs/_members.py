"""The members of each room: a heading, what a reader compares first, the docstring, and more."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType

import _markdown as md

from tenuto.catalogue import Catalogue

_EFFECTS = {"mend": "mended", "set_aside": "set aside", "note": "noted, kept as it is"}


def page(
    catalogue: Catalogue,
    facts: Callable[[ModuleType], str],
    more: Callable[[ModuleType], str] = lambda member: "",
) -> str:
    """A heading per member, its ``facts``, its docstring and ``more``."""
    return "".join(
        f"\n## `{name}`\n\n{facts(member)}\n\n{md.of(member)}{more(member)}"
        for name, member in catalogue.all().items()
    )


def overview(
    catalogue: Catalogue, columns: list[str], cells: Callable[[ModuleType], list[str]]
) -> str:
    """A table with a row per member: a link to its heading, and ``cells``."""
    members = catalogue.all().items()
    rows = [[f"[`{name}`](#{name})", *cells(member)] for name, member in members]
    return md.table(columns, rows)


def cleaning_rules(catalogue: Catalogue) -> str:
    """Each rule: its effect first in a table, then its whole docstring."""
    return overview(
        catalogue,
        ["rule", "effect", "what it meets"],
        lambda rule: [_EFFECTS[rule.EFFECT], _first_line(rule)],
    ) + page(
        catalogue,
        lambda rule: (
            f"Effect: **{_EFFECTS[rule.EFFECT]}**. Needs: {codes(rule.NEEDS)}.{_after(rule)}"
        ),
    )


def _after(rule: ModuleType) -> str:
    after = getattr(rule, "AFTER", ())
    if after == ("*",):
        return " Comes after all others."
    return f" Comes after {codes(after)}." if after else ""


def source(member: ModuleType) -> str:
    return md.table(
        ["fact", "value"],
        [
            ["precision", member.PRECISION],
            ["type of user ids", md.code(member.USER_ID)],
            ["type of item ids", md.code(member.ITEM_ID)],
            ["actions", codes(member.ACTIONS)],
            ["knows", codes(member.KNOWS)],
            ["what to point `logs` at", member.WHAT_TO_EXPECT],
        ],
    )


def model(member: ModuleType) -> str:
    about = f"In reports: **{member.LABEL}**. Needs: {codes(member.NEEDS) or 'whatever is there'}."
    return about + (f" Cost: {member.COST}." if hasattr(member, "COST") else "")


def model_class(member: ModuleType) -> str:
    return f"\n{md.of(member.Model)}{_keywords(member.Model)}"


def _keywords(kind: type) -> str:
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    known = [item for item in parameters if item.kind is item.POSITIONAL_OR_KEYWORD]
    if not known:
        return ""
    rows = [[md.code(item.name), md.code(repr(item.default))] for item in known]
    return "\n" + md.table(["keyword", "default"], rows)


def label(member: ModuleType) -> str:
    said = f"In reports: **{member.LABEL}**; 1 for {member.WHO}. Needs: {codes(member.NEEDS)}."
    if hasattr(member, "at_risk"):
        who = inspect.getdoc(member.at_risk) or ""
        said += f" Can happen to: {md.text(who[:1].lower() + who[1:])}"
    if hasattr(member, "BINS"):
        first, last = member.BINS
        bins = f"bin {first}" if first == last else f"bins {first} to {last}"
        said += f" On each user's own clock: looks at {bins}, 0 being the one of the features."
    return said


def preference(member: ModuleType) -> str:
    return f"In reports: **{member.LABEL}**. Scale: {member.SCALE}."


def recipe(member: ModuleType) -> str:
    claimed = ", ".join(f"{name} {figure}" for name, figure in sorted(member.PUBLISHED.items()))
    return f"Published: {claimed or 'no figure'}."


def calibration(member: ModuleType) -> str:
    n, least = member.Calibrator.n_free, member.Calibrator.least_of_each_class
    learns = (
        "a whole curve"
        if math.isinf(n)
        else f"{n} number{'' if n == 1 else 's'}"
        if n
        else "nothing"
    )
    needs = f"{least:,} listeners who leave and as many who stay" if least else "nothing"
    return f"In reports: **{member.LABEL}**. Learns {learns}. Needs: {needs}."


def calibrator_class(member: ModuleType) -> str:
    return f"\n{md.of(member.Calibrator)}"


def guards(catalogue: Catalogue) -> str:
    """Each guard: its question first in a table, then what it looks at."""
    asked = overview(catalogue, ["guard", "asks"], lambda guard: [md.text(guard.LABEL)])
    return asked + page(
        catalogue,
        lambda guard: f"Asks: **{md.text(guard.LABEL)}**",
        lambda guard: f"\n{md.of(guard.check)}",
    )


def reason(member: ModuleType) -> str:
    families = codes(getattr(member, "FAMILIES", ()))
    columns = codes(topic.columns for topic in member.TOPICS)
    said = f"Heading: **{member.LABEL}**. Columns: {columns or 'none by name'}."
    return f"{said} New columns of: {families}." if families else said


def actions(catalogue: Catalogue) -> str:
    """Each action: what it costs and keeps in a table, then whom it suits."""
    columns = ["action", "in words", "cost", "keeps", "a contact", "cuts a price"]
    costs = overview(catalogue, columns, _costs)
    return costs + page(catalogue, lambda action: f"Suits: {_whom(action)}")


def _costs(action: ModuleType) -> list[str]:
    is_contact, is_cut = getattr(action, "IS_CONTACT", True), getattr(action, "IS_PRICE_CUT", False)
    yes_no = {True: "yes", False: "no"}
    return [
        action.LABEL,
        f"{action.COST:g}",
        f"{action.SAVES:.0%}",
        yes_no[is_contact],
        yes_no[is_cut],
    ]


def _whom(action: ModuleType) -> str:
    who = md.text(inspect.getdoc(action.suits) or "")
    return who[:1].lower() + who[1:]


def rerankings(catalogue: Catalogue) -> str:
    """Each re-ranking by its turn in a table, then what its settings mean."""
    in_turn = sorted(catalogue.all().items(), key=lambda item: item[1].TURN)
    rows = [
        [f"[`{name}`](#{name})", member.LABEL, md.code(member.STRENGTH)] for name, member in in_turn
    ]
    columns = ["re-ranking", "in words", "does nothing at 0 of"]
    return md.table(columns, rows) + page(
        catalogue,
        lambda member: f"Has to know: {codes(member.NEEDS)}.",
        _settings_of_reranking,
    )


def _settings_of_reranking(member: ModuleType) -> str:
    defaults = inspect.signature(member.rerank).parameters
    rows = [
        [md.code(name), md.code(repr(defaults[name].default)), md.text(meaning)]
        for name, meaning in member.SETTINGS.items()
    ]
    table = md.table(["setting", "default", "meaning"], rows)
    return f"\n{md.of(member.rerank)}\n{table}"


def costs(catalogue: Catalogue) -> str:
    """What each recommender is called and costs; without links, to stand on other pages too."""
    rows = [[md.code(name), one.LABEL, md.text(one.COST)] for name, one in catalogue.all().items()]
    return md.table(["recommender", "in reports", "cost"], rows)


def lists(catalogue: Catalogue, reasons: Mapping[str, str]) -> str:
    """Each list as it is shown, then its docstring; at the end what a row's reason can be."""
    shown = sorted(catalogue.all().items(), key=lambda item: item[1].ORDER)
    rows = [
        [
            f"[`{name}`](#{name})",
            member.LABEL,
            _first_line(member).removeprefix(f"{member.LABEL}: "),
        ]
        for name, member in shown
    ]
    codes = md.table(["reason", "means"], [[md.code(code), said] for code, said in reasons.items()])
    parts = [f"\n## `{name}`\n\n{md.of(member)}" for name, member in shown]
    table = md.table(["list", "called", "in a line"], rows)
    return f"{table}{''.join(parts)}\n## Reasons\n\n{codes}"


def exports(catalogue: Catalogue) -> str:
    """Each export: its group and key, by which rows are replaced, then its docstring."""
    groups = sorted(catalogue.all().items(), key=lambda item: (item[1].GROUP, item[0]))
    rows = [
        [f"[`{name}`](#{name})", md.code(member.GROUP), catalogue.describe(name)]
        for name, member in groups
    ]
    return md.table(["export", "group", "in a line"], rows) + page(catalogue, _key_of_export)


def _key_of_export(member: ModuleType) -> str:
    key = f" Key: {codes(member.KEY)}, within what is replaced." if hasattr(member, "KEY") else ""
    return f"Group: `{member.GROUP}`.{key}"


def insight(member: ModuleType) -> str:
    return f"Asks: **{member.TITLE}**"


def insight_tables(member: ModuleType) -> str:
    return f"\nTables: {md.of(member.tables)}"


def codes(names: Iterable[str]) -> str:
    return ", ".join(md.code(name) for name in names)


def _first_line(module: ModuleType) -> str:
    return md.text((inspect.getdoc(module) or "").partition("\n")[0])
