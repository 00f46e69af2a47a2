"""Whether a listener is fading: the last days against the listener's own earlier days.

Older days weigh less, by half for every so many days; amounts are logarithms, so that one
busy day does not drown the rest.
"""

import ibis

from tenuto.features._contract import feature

HALF_LIVES = (2, 4, 8)


def rows(past):
    """One row per user and active day, with the logarithm of its events."""
    days = past.table("user_days")
    return days.mutate(log_events=(days.n_events + 1).cast("float64").ln())


def _weight(rows, half_life):
    return (rows.age_days * (-ibis.literal(2.0).ln() / half_life)).exp()


def _faded(name, half_life, what, value):
    @feature(unit="days", nullable=False)
    def faded(rows):
        return (value(rows) * _weight(rows, half_life)).sum()

    faded.__name__ = f"{name}_half_life_{half_life}d"
    faded.__doc__ = f"{what}, each worth half as much for every {half_life} days of its age."
    return faded


for _days in HALF_LIVES:
    globals()[f"active_days_{_days}"] = _faded(
        "active_days", _days, "Active days", lambda rows: ibis.literal(1.0)
    )
    globals()[f"log_events_{_days}"] = _faded(
        "log_events", _days, "Logarithms of the events of active days", lambda rows: rows.log_events
    )


@feature(unit="ratio", nullable=True)
def mean_log_events(rows):
    """Mean logarithm of the events of an active day (plus one)."""
    return rows.log_events.mean()


def _against_before(days):
    @feature(unit="days", nullable=True)
    def more_active_days(rows):
        recent = (rows.age_days <= days).sum()
        older = (rows.age_days > days).sum()
        older_days = (rows.age_days.max() - days).nullif(0)
        return recent - days * older / ibis.greatest(older_days, 0).nullif(0)

    more_active_days.__name__ = f"active_days_above_habit_{days}d"
    more_active_days.__doc__ = (
        f"Active days of the last {days}, less those that the listener's earlier days lead one to "
        "expect; NULL without earlier days."
    )
    return more_active_days


for _days in (5, 10):
    globals()[f"above_habit_{_days}"] = _against_before(_days)
