"""Came back in the horizon after a first day; only those whose first day was the last one can.

One cutoff has the newcomers of one day: raise ``churn.training_cutoffs``. 1 is coming back, so
those to call are at the end of the list.
"""

from tenuto.labels._happened import first_day, happened

LABEL = "came back in the horizon after the first day"
WHO = "those who come back"
RATE = "base rate"
IS_GOOD_NEWS = True
NEEDS = ("n_events",)


def at_risk(listeners):
    """Who was seen on the day before the cutoff, and never earlier."""
    return (listeners.days_since_last_event == 1) & (listeners.first_day == listeners.last_day)


def label(listeners, future):
    """1 for an event in the window, else 0."""
    return happened(listeners, future, NEEDS[0])


def event_day(listeners, future):
    """The day of the return."""
    return first_day(listeners, future, NEEDS[0])
