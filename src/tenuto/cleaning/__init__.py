"""The wash-house: one rule per file; each mends, sets aside or notes one kind of dirt.

A member provides ``EFFECT`` ("mend", "set_aside" or "note"), ``NEEDS`` (columns; where they
are absent the rule does not apply) and ``applies(table)``; a mend also ``mend(table)``.
"""

from tenuto.cleaning._rules import (
    CATALOGUE,
    REASON,
    accounted,
    apply_rules,
    counts,
    kept,
    set_aside,
)
from tenuto.cleaning._shape import irregular, shaped, with_previous_line
from tenuto.cleaning._typing import typed

__all__ = [
    "CATALOGUE",
    "REASON",
    "accounted",
    "apply_rules",
    "counts",
    "irregular",
    "kept",
    "set_aside",
    "shaped",
    "typed",
    "with_previous_line",
]
