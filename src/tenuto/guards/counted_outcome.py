"""No straight sum of columns is the outcome itself.

"All pages" counts the page on which people cancel; with a column for each other page, the total
minus the parts is the label, although no column tells much alone.
"""

from __future__ import annotations

from tenuto.errors import LeakError
from tenuto.evaluation.sums import LIMIT, telling_sums
from tenuto.guards._contract import Study, quoted

LABEL = "Did a total count the outcome itself?"


def check(study: Study) -> str:
    """Share of the outcome that a weighted sum of columns explains, at most 0.9."""
    X, y = study.judged()
    found = [told for told in telling_sums(X, y) if told.total not in study.allow]
    if found:
        told = found[0]
        raise LeakError(
            f"{quoted(told.columns)} together are the outcome (a straight sum explains "
            f"{told.explained:.1%} of it): a total has counted the leaving itself",
            mend=f"leave out {study.place(told.total)}, or count it only up to the cutoff",
        )
    return f"no sum of {X.shape[1]} columns explains more than {LIMIT:.0%} of the outcome"
