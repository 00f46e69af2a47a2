"""Cutting the log off at the cutoff changes no feature.

Each listener's days are cut at the listener's own cutoff, so that on own clocks the bin that the
label looks at is gone, too, although the log goes on (S4-L1, K45). The sums by day are cut; that
reading and summing a day looks at no later day is what the tests of ingest are for.
"""

from __future__ import annotations

from tenuto.guards._changes import refuse_changes
from tenuto.guards._contract import CUT, Study

LABEL = "Are features the same from a log that ends at the cutoff?"


def check(study: Study) -> str:
    """Exact equality of features from the whole log and from the log cut (churn.md §4.3, 1)."""
    return refuse_changes(study, CUT, "the log is cut off at the cutoff")
