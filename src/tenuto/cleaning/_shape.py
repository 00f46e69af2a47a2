"""Lines of the right shape go straight on; only the others go through the rules on fields.

In a delimited log nearly every line has the right number of fields. Mending the shape of
the few others by themselves keeps the cost of those rules off the many.
"""

from __future__ import annotations

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from tenuto.cleaning._rules import HIT, REASON, apply_rules


def irregular(lines: ir.Table) -> ir.Table:
    """The lines of a delimited log that do not have the right number of fields, or may not."""
    return lines.filter(~_is_regular(lines))


def shaped(
    lines: ir.Table, irregular_lines: ir.Table, to_records: Callable[[ir.Table], ir.Table]
) -> ir.Table:
    """Records of all ``lines``, with ``previous_line``: where the same record stood before.

    ``irregular_lines`` is what `irregular` found, computed once.
    """
    mended = apply_rules(irregular_lines)
    regular = lines.filter(_is_regular(lines)).mutate(
        **{REASON: ibis.null("string")},
        **{name: ibis.literal(False) for name in mended.columns if name.startswith(HIT)},
    )
    others = to_records(mended)
    return with_previous_line(to_records(regular).select(others.columns).union(others))


def with_previous_line(records: ir.Table) -> ir.Table:
    """``records`` with the line on which the same text stood before; NULL at its first."""
    open_lines = records.filter(records[REASON].isnull()).select("line", "source_line")
    hashed = open_lines.mutate(line_hash=open_lines.line.hash())
    counted = hashed.group_by(repeated="line_hash").agg(n=lambda rows: rows.count())
    repeated = counted.filter(counted.n > 1).select("repeated")
    # Only lines whose hash is repeated are compared: they are few, and sorting text is dear.
    copies = hashed.inner_join(repeated, [("line_hash", "repeated")])
    in_order = ibis.window(group_by="line", order_by="source_line")
    copies = copies.select(
        copy_line="source_line", previous_line=copies.source_line.lag().over(in_order)
    )
    copies = copies.filter(copies.previous_line.notnull())
    return records.left_join(copies, [("source_line", "copy_line")]).drop("copy_line")


def _is_regular(lines: ir.Table) -> ir.BooleanValue:
    return (lines.fields.length() == lines.n_expected) & ~lines.is_cut_off
