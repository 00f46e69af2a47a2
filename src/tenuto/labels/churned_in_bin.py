"""Cancelled in the very bin that the features describe: detection, not forecast.

The features run up to the cancellation, so a good score here says that a cancellation leaves
traces, not that it can be foreseen (K45). Kept as the opponent it was published as.

Source: S4-L1.
"""

from tenuto.labels._happened import happened

LABEL = "cancelled in the very bin described: detection, not forecast"
WHO = "those who cancel"
NEEDS = ("n_cancels",)
BINS = (0, 0)


def label(listeners, future):
    """1 for a cancellation in those bins, else 0."""
    return happened(listeners, future, NEEDS[0])
