"""Moved to a better plan in the horizon; only those on a free plan can.

Source: S4-W5.
"""

from tenuto.labels._happened import first_day, happened

LABEL = "moved to a better plan in the horizon"
WHO = "those who upgrade"
RATE = "base rate"
IS_GOOD_NEWS = True
NEEDS = ("n_upgrades", "is_paid")


def at_risk(listeners):
    """Who was on a free plan when last seen."""
    return (listeners.is_paid == 0).fill_null(False)


def label(listeners, future):
    """1 for an upgrade, else 0."""
    return happened(listeners, future, NEEDS[0])


def event_day(listeners, future):
    """The day of the first upgrade."""
    return first_day(listeners, future, NEEDS[0])
