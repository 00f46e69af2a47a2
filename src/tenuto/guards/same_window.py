"""The label looks at no day that the features have seen.

Features of the bin in which somebody cancels describe the cancellation: detection after the
fact, not forecast (S4-L1, K45). Who asks for such a label by name gets it, and the record says so.
"""

from __future__ import annotations

from tenuto.errors import LeakError
from tenuto.guards._contract import Study

LABEL = "Does the label begin where the features end?"


def check(study: Study) -> str:
    """The first day that the label looks at, counted from the cutoff, is not before it."""
    days = study.label_starts_days
    if days >= 0:
        return f"features end before the cutoff, '{study.label}' begins {days} days after it"
    problem = (
        f"'{study.label}' looks at the {-days} days before the cutoff, which the features have "
        "seen: it detects a leaving after the fact"
    )
    if study.label in study.allow:
        return f"let pass by name: {problem}"
    raise LeakError(
        problem, mend="foretell a later bin: churn.label = 'will_churn_in_next_bin' in tenuto.toml"
    )
