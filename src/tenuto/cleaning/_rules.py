"""How rules are put in order, applied and counted.

Every rule leaves a column ``hit_<name>``; a rule that sets a record aside writes its name
into ``reason``, and later rules leave that record alone. So each record has one reason
at the most, and ``read = kept + set aside``.

A rule may also define ``AFTER`` (rules that must come first; ``("*",)`` is all others),
``prepare(table)``, which adds helper columns, ``absorbed(table)``: lines that became
part of another record, and ``ONLY_ODD = True``: it never meets a plain line (what that is
stands in sources/_plain.py), so that it need not look at one.
"""

from __future__ import annotations

from graphlib import TopologicalSorter
from types import ModuleType

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.cleaning", must_provide=("EFFECT", "NEEDS", "applies"))
REASON = "reason"
ABSORBED = "part_of_the_record_before"
HIT = "hit_"


def apply_rules(table: ir.Table, *, are_plain: bool = False) -> ir.Table:
    """``table`` after every rule whose columns it has and that has not been applied to it yet.

    Call it once the lines are split, once they are records of text and once they are typed:
    each time the rules that can work now do.
    """
    if REASON not in table.columns:
        table = table.mutate(**{REASON: ibis.null(dt.string)})
    for name, rule in _in_order().items():
        if are_plain and is_only_for_odd(rule):
            continue
        if HIT + name not in table.columns and set(rule.NEEDS) <= set(table.columns):
            table = _apply(name, rule, table)
    return table


def is_only_for_odd(rule: ModuleType) -> bool:
    """Whether a rule says that it never meets a plain line."""
    return getattr(rule, "ONLY_ODD", False)


def like_odd(plain: ir.Table, odd: ir.Table) -> ir.Table:
    """``plain`` records in the columns of ``odd`` ones: not met by the rules that are for those."""
    unmet = set(odd.columns) - set(plain.columns)
    wrong = [name for name in unmet if not is_only_for_odd(CATALOGUE.get(name.removeprefix(HIT)))]
    assert not wrong, f"plain lines lack what {sorted(wrong)} need, and these are not ONLY_ODD"
    return plain.mutate(**{name: ibis.literal(False) for name in unmet}).select(odd.columns)


def set_aside(table: ir.Table) -> ir.Table:
    """The records that a rule set aside, without lines that live on in another record."""
    return table.filter(table[REASON].notnull() & (table[REASON] != ABSORBED))


def _in_order() -> dict[str, ModuleType]:
    rules = CATALOGUE.all()
    graph = {name: _predecessors(name, rules) for name in sorted(rules)}
    return {name: rules[name] for name in TopologicalSorter(graph).static_order()}


def _predecessors(name: str, rules: dict[str, ModuleType]) -> list[str]:
    after = getattr(rules[name], "AFTER", ())
    if after == ("*",):
        return [other for other in sorted(rules) if other != name]
    return [other for other in after if other in rules]


def _apply(name: str, rule: ModuleType, table: ir.Table) -> ir.Table:
    before = table.columns
    prepared = rule.prepare(table) if hasattr(rule, "prepare") else table
    is_open = prepared[REASON].isnull()
    hit = (rule.applies(prepared) & is_open).fill_null(False)
    marked = prepared.mutate(**{HIT + name: hit})
    changes = _changes(name, rule, marked, marked[HIT + name])
    helpers = [column for column in marked.columns if column not in (*before, HIT + name)]
    return marked.mutate(**changes).drop(*helpers)


def _changes(name: str, rule: ModuleType, table: ir.Table, hit: ir.BooleanValue) -> dict:
    if rule.EFFECT == "set_aside":
        return {REASON: hit.ifelse(name, table[REASON])}
    if rule.EFFECT == "note":
        return {}
    mended = {column: hit.ifelse(new, table[column]) for column, new in rule.mend(table).items()}
    if hasattr(rule, "absorbed"):
        absorbed = rule.absorbed(table).fill_null(False)
        mended[REASON] = absorbed.ifelse(ABSORBED, table[REASON])
    return mended
