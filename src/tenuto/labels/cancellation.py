"""Left = confirmed the cancellation of the account in the horizon after the cutoff.

Asking to cancel is not leaving: the page may end in an error. Where plans change too, the
``outcome`` tells more than yes or no (S4-W1, W5).

Source: S3-L1, with a cutoff (K41).
"""

import ibis

from tenuto.labels._happened import first_day, happened

LABEL = "cancelled in the horizon"
WHO = "those who cancel"
NEEDS = ("n_cancels",)

#: What can come next; of several in one horizon the first of this list that happened.
OUTCOMES = ("cancels", "downgrades", "upgrades", "stays")


def label(listeners, future):
    """1 for a cancellation, else 0; and ``outcome``, one of ``OUTCOMES``, where plans change."""
    found = happened(listeners, future, NEEDS[0])
    columns = [f"n_{outcome}" for outcome in OUTCOMES[:-1]]
    days = future.table("user_days")
    if not set(columns) <= set(days.columns):
        return found
    sums = days.group_by(who="user_id").agg(**{name: days[name].sum() for name in columns})
    joined = found.left_join(sums, [("user_id", "who")]).drop("who")
    branches = [(joined[f"n_{outcome}"] > 0, outcome) for outcome in OUTCOMES[:-1]]
    return joined.mutate(outcome=ibis.cases(*branches, else_=OUTCOMES[-1])).drop(*columns)


def event_day(listeners, future):
    """The day of the cancellation."""
    return first_day(listeners, future, NEEDS[0])
