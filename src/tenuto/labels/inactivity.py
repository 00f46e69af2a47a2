"""Left = no event of any kind in the horizon after the cutoff.

The polarity is 1 for leaving; S0 had it the other way round (K50). Any event counts, a search
as much as a month of plays (K51): how sure silence is as a sign is what the return curve says.

Source: S1-L1, S2-L1, K2.
"""

import ibis

from tenuto.labels._happened import first_day

LABEL = "no event in the horizon"
WHO = "leavers"
NEEDS = ("n_events",)
#: Silence ends with an event: who has one stays.
EVENT_IS_A_RETURN = True


def label(listeners, future):
    """1 for every listener without an event in the window, else 0."""
    seen = future.table("user_days").select(seen_user="user_id").distinct()
    joined = listeners.select("user_id").left_join(seen, [("user_id", "seen_user")])
    is_silent = joined.seen_user.isnull()
    return joined.select("user_id", label=ibis.ifelse(is_silent, 1, 0).cast("int64"))


def event_day(listeners, future):
    """The day of the first event, which ends the silence."""
    return first_day(listeners, future, NEEDS[0])
