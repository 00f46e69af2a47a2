"""How many lines each rule met: the marks of all rules as the bits of one number.

Some thirty columns of marks would cost more to keep than all that is known of a line.
"""

from __future__ import annotations

import functools
import operator
from collections import Counter
from typing import Any

import ibis
import ibis.expr.types as ir

from tenuto.cleaning._rules import ABSORBED, HIT, REASON

_MET = "met_"
# As many bits as a signed number has to spare.
_BITS = 62
_ANY_PAGE = "page"


def met_rules(table: ir.Table) -> list[str]:
    """The rules that have been applied to ``table``, in the order of their bits."""
    return sorted(name.removeprefix(HIT) for name in table.columns if name.startswith(HIT))


def met(table: ir.Table, names: list[str]) -> dict[str, ir.IntegerValue]:
    """For each record of ``table`` which of the rules ``names`` it met, as bits: 62 to a column."""
    return {
        f"{_MET}{first // _BITS}": _bits(table, names[first:][:_BITS])
        for first in range(0, len(names), _BITS)
    }


def _bits(table: ir.Table, names: list[str]) -> ir.IntegerValue:
    hits = ((place, HIT + name) for place, name in enumerate(names))
    # Chosen, not cast and multiplied, which takes as long as all the rules together.
    nothing = ibis.literal(0, "int64")
    values = (
        table[hit].ifelse(ibis.literal(1 << at, "int64"), nothing)
        for at, hit in hits
        if hit in table.columns
    )
    return functools.reduce(operator.add, values, nothing)


def counts(records: ir.Table) -> ir.Table:
    """How many ``records`` share an action, a reason and the rules that they met."""
    actions = records.action.fill_null(_ANY_PAGE)
    marks = [name for name in records.columns if name.startswith(_MET)]
    return records.group_by(REASON, *marks, action=actions).agg(n=lambda rows: rows.count())


def totals(rows: list[dict[str, Any]], names: list[str]) -> Counter[str]:
    """Lines ``read``, ``absorbed`` and ``kept``, and met by each of the rules ``names``."""
    total = Counter(dict.fromkeys(("read", "absorbed", "kept", *names), 0))
    for row in rows:
        state = {None: ["kept"], ABSORBED: ["absorbed"]}.get(row[REASON], [])
        for name in ("read", *state, *_named(row, names)):
            total[name] += row["n"]
    return total


def _named(row: dict[str, Any], names: list[str]) -> list[str]:
    return [name for at, name in enumerate(names) if row[f"{_MET}{at // _BITS}"] >> at % _BITS & 1]


def by_action(rows: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    """How many lines of each action are kept and set aside."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        if row[REASON] != ABSORBED:
            state = "kept" if row[REASON] is None else "set_aside"
            found.setdefault(row["action"], Counter(kept=0, set_aside=0))[state] += row["n"]
    return found
