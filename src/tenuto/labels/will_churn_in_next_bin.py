"""Cancels in the bin after the one that the features describe.

Bins run on each user's own clock, ``churn.bin_days`` long from the registration.

Source: S4-L2, on a full grid with open bins left out (K48).
"""

from tenuto.labels._happened import happened

LABEL = "cancels in the bin after the one described"
WHO = "those who cancel"
NEEDS = ("n_cancels",)
BINS = (1, 1)


def label(listeners, future):
    """1 for a cancellation in those bins, else 0."""
    return happened(listeners, future, NEEDS[0])
