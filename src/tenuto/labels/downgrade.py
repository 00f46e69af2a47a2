"""Moved to a lesser plan in the horizon; only those on a paid plan can.

Source: S3-L1 (second label), S4-W5.
"""

from tenuto.labels._happened import first_day, happened

LABEL = "moved to a lesser plan in the horizon"
WHO = "those who downgrade"
RATE = "base rate"
NEEDS = ("n_downgrades", "is_paid")


def at_risk(listeners):
    """Who was on a paid plan when last seen."""
    return (listeners.is_paid == 1).fill_null(False)


def label(listeners, future):
    """1 for a downgrade, else 0."""
    return happened(listeners, future, NEEDS[0])


def event_day(listeners, future):
    """The day of the first downgrade."""
    return first_day(listeners, future, NEEDS[0])
