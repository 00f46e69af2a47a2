"""Cancels in the bin that the features describe, or in the next: half detection.

The half that falls into the bin itself is no forecast (K45).

Source: S4-L3.
"""

from tenuto.labels._happened import happened

LABEL = "cancels in the bin described or in the one after it"
WHO = "those who cancel"
NEEDS = ("n_cancels",)
BINS = (0, 1)


def label(listeners, future):
    """1 for a cancellation in those bins, else 0."""
    return happened(listeners, future, NEEDS[0])
