"""How long a listener has been with the service, from the day of registration to the cutoff.

Never from the first event to the last: the clock of who leaves stops on the day of leaving,
so that such a tenure knows the label (K41).
"""

from tenuto.features._contract import feature

TABLES = ("user_profile_days",)
# Subscriptions are monthly; two weeks smooth the weekends (S4-F2).
BIN_DAYS = 14


def rows(past):
    """One row per user and active day, with the days from the registration told to the cutoff."""
    days = past.table("user_profile_days")
    before_day = (days.day - days.registered.date()).cast("int64")
    # Some act before the time of their registration: that is none of its days, not minus one.
    tenure_days = days.age_days + before_day
    return days.mutate(tenure_days=(tenure_days < 0).ifelse(0, tenure_days))


@feature(
    unit="days",
    nullable=True,
    seeds="S4-F1 DaysSinceRegistration at the cutoff; in place of S3-F3 days_active, which leaks",
)
def days_since_registration(rows):
    """Whole days from the registration to the cutoff; NULL where it is not known."""
    return rows.tenure_days.max()


@feature(unit="bins", nullable=True, seeds="S4-F2 and S4-F13 UserTimeBin")
def bin_since_registration(rows):
    """The 14 days since registration that the cutoff falls into, from 0; NULL where unknown."""
    return (rows.tenure_days.max() / BIN_DAYS).floor()
