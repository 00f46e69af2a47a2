"""The wash-house: one rule per file; each mends, sets aside or notes one kind of dirt.

A member provides ``EFFECT`` ("mend", "set_aside" or "note"), ``NEEDS`` (columns; where they
are absent the rule does not apply) and ``applies(table)``; a mend also ``mend(table)``.
"""

from tenuto.cleaning._copies import previous_lines, smallest
from tenuto.cleaning._counting import by_action, counts, met, met_rules, totals
from tenuto.cleaning._rules import CATALOGUE, REASON, apply_rules, like_odd, set_aside
from tenuto.cleaning._typing import typed

__all__ = [
    "CATALOGUE",
    "REASON",
    "apply_rules",
    "by_action",
    "counts",
    "like_odd",
    "met",
    "met_rules",
    "previous_lines",
    "set_aside",
    "smallest",
    "totals",
    "typed",
]
