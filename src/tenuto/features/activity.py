"""How much a listener did, by kind of action and window."""

from tenuto.features._contract import WINDOWS, feature


def rows(past):
    """One row per user and active day."""
    return past.table("user_days")


@feature(unit="events", windows=WINDOWS)
def n_events(rows, window):
    """Events of any kind in the last {w} days."""
    return rows.n_events.sum(where=rows.age_days <= window)


@feature(
    unit="plays",
    windows=WINDOWS,
    needs=("n_plays",),
    seeds="S0-F1; S1-F1..5 and S2-F-C1 freq_P_last_{w}; S3-F1 and S4-F9 NextSong",
)
def n_plays(rows, window):
    """Plays in the last {w} days."""
    return rows.n_plays.sum(where=rows.age_days <= window)


@feature(
    unit="events",
    windows=WINDOWS,
    needs=("n_downloads",),
    seeds="S0-F1; S1-F6..10 and S2-F-C1 freq_D_last_{w}",
)
def n_downloads(rows, window):
    """Downloads in the last {w} days."""
    return rows.n_downloads.sum(where=rows.age_days <= window)


@feature(
    unit="events",
    windows=WINDOWS,
    needs=("n_searches",),
    seeds="S0-F1; S1-F11..15 and S2-F-C1 freq_S_last_{w}",
)
def n_searches(rows, window):
    """Searches in the last {w} days."""
    return rows.n_searches.sum(where=rows.age_days <= window)


@feature(unit="days", windows=(7, 14, 30))
def n_active_days(rows, window):
    """Days with at least one event, of the last {w}."""
    return (rows.age_days <= window).sum()
