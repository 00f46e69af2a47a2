"""Other words for what a dialect lacks, or says wrongly; the answer is the same.

Each rule changes nodes of the expression, before Ibis compiles it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir

#: PostgreSQL and those that speak as it does.
LIKE_POSTGRES = ("materialize", "postgres", "risingwave")


def spelled_out(expression: ir.Table) -> ir.Table:
    """Without what some dialects have no words for."""
    return _with(expression, _without_date_difference, _without_infinity)


def as_postgres(expression: ir.Table) -> ir.Table:
    """As PostgreSQL understands it: there a 0.5 is a decimal, and a mean of integers too."""
    return _with(expression, _truth_as_number, _mean_of_floats, _float)


def _with(expression: ir.Table, *rules: Callable[[ops.Node], ops.Node]) -> ir.Table:
    def changed(node: ops.Node, arguments: dict | None) -> ops.Node:
        node = node.__recreate__(arguments) if arguments else node
        for rule in rules:
            node = rule(node)
        return node

    return expression.op().replace(changed).to_expr()


def _without_date_difference(node: ops.Node) -> ops.Node:
    """Whole days between two days: BigQuery has no other way to subtract them."""
    if isinstance(node, ops.Cast) and isinstance(node.arg, ops.DateDiff):
        return ops.DateDelta("day", node.arg.left, node.arg.right)
    return node


def _without_infinity(node: ops.Node) -> ops.Node:
    """The last bucket is open above; MySQL and Flink know no infinity."""
    if isinstance(node, ops.Less) and isinstance(node.right, ops.Literal):
        return ops.NotNull(node.left) if node.right.value == math.inf else node
    return node


def _truth_as_number(node: ops.Node) -> ops.Node:
    """1 and 0 for yes and no, NULL for neither: PostgreSQL casts no boolean to 64 bits."""
    if isinstance(node, ops.Cast) and node.arg.dtype.is_boolean() and node.to.is_integer():
        one, zero = (ops.Literal(value, dtype=node.to) for value in (1, 0))
        return ops.SearchedCase((node.arg, ops.Not(node.arg)), (one, zero), ops.NULL)
    return node


def _mean_of_floats(node: ops.Node) -> ops.Node:
    if isinstance(node, ops.Mean) and node.arg.dtype.is_integer():
        return ops.Mean(ops.Cast(node.arg, dt.float64), where=node.where)
    return node


def _float(node: ops.Node) -> ops.Node:
    is_number = isinstance(node, ops.Literal) and node.dtype.is_floating()
    return ops.Cast(node, dt.float64) if is_number and node.value is not None else node
