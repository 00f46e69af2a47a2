"""How much a user likes an item, from what the user did with it before the cutoff.

A member provides ``preferences(past, window_days)``, an Ibis table with ``user_id``, ``item_id``
and ``preference`` (float64, at least 0), ``LABEL`` for people, and ``SCALE``: what values mean.
Keyword-only arguments are its settings; one called ``feedback`` is given words from outside.
"""

from tenuto.preferences._catalogue import CATALOGUE, preferences_of, settings_of
from tenuto.preferences._feedback import (
    add_feedback,
    add_feedback_rows,
    feedback_before,
    feedback_digest,
    forget_feedback,
)
from tenuto.preferences._learned import LearnedWeights, learned_weights
from tenuto.preferences._memory import KNOWN_BY, memory
from tenuto.preferences._moments import PARTS_OF_DAY, item_devices, item_hours
from tenuto.preferences._opinions import DISLIKED, LIKED, WORDS, opinions
from tenuto.preferences._sums import with_counts

__all__ = [
    "CATALOGUE",
    "DISLIKED",
    "KNOWN_BY",
    "LIKED",
    "PARTS_OF_DAY",
    "WORDS",
    "LearnedWeights",
    "add_feedback",
    "add_feedback_rows",
    "feedback_before",
    "feedback_digest",
    "forget_feedback",
    "item_devices",
    "item_hours",
    "learned_weights",
    "memory",
    "opinions",
    "preferences_of",
    "settings_of",
    "with_counts",
]
