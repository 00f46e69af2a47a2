"""The logarithm of one plus weighted plays and downloads.

S1 wrote log10(0.4 * share * plays + 0.6 * downloads), which is below 0 for fewer than three
plays. Here it is log(1 + ...), natural: never below 0, and in the same order.

Source: S1-Q1 as it was described, K26.
"""

from tenuto.preferences import counts

LABEL = "Logarithm of weighted plays and downloads"
SCALE = "0 and up; 0.34 is one whole play, 1.6 ten, 3.7 a hundred"


def preferences(past, window_days):
    """``user_id``, ``item_id``, ``preference`` >= 0; plays of unknown share as in `counts`."""
    found = counts.preferences(past, window_days)
    return found.mutate(preference=(found.preference + 1).ln())
