"""Made-up events from the cutoff on change no feature.

Where the log ends at the cutoff there is nothing to cut off, and a feature that looks ahead
finds nothing either, until it is trained. So days are made up there: those of others, shuffled.
"""

from __future__ import annotations

from tenuto.guards._changes import refuse_changes
from tenuto.guards._contract import NOISE, Study

LABEL = "Are features the same with random events from the cutoff on?"


def check(study: Study) -> str:
    """Exact equality of features with and without noise from the cutoff on (churn.md §4.3, 2)."""
    return refuse_changes(study, NOISE, "random events are added from the cutoff on")
