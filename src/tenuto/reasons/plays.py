"""How much the listener plays, beside their own weeks before and beside others."""

from tenuto.reasons._contract import TO_STAYING, Topic
from tenuto.reasons._facts import (
    beside_usual_week,
    beside_week_before,
    counted,
    counted_beside_others,
)

LABEL = "How much they play"
FAMILIES = ("activity", "deviation", "listening", "trend")

_WEEK = 7
# A habit needs two weeks before the one that is compared with it.
_MIN_DAYS = 21


def _plays(listener):
    usual = listener.own("mean_plays_per_week")
    yield from beside_usual_week(listener, "n_plays_7d", usual, TO_STAYING, "play")
    yield from beside_week_before(listener, "n_plays", TO_STAYING, "play")
    usual = _events_a_week_before(listener)
    yield from beside_usual_week(listener, "n_events_7d", usual, TO_STAYING, "event")
    yield from counted_beside_others(listener, "n_plays", TO_STAYING, "play")
    if listener.own("n_plays_7d") is None:
        yield from counted(listener, "n_events", TO_STAYING, "event")


def _events_a_week_before(listener):
    """Events a week from the first event to a week before the cutoff."""
    names = ("days_since_first_event", "share_active_days", "mean_events_per_active_day")
    days, share, a_day = map(listener.own, names)
    recent = listener.own("n_events_7d")
    if days is None or share is None or a_day is None or recent is None or days < _MIN_DAYS:
        return None
    before = round(days * share * a_day) - recent
    # Below 0 the columns are not of one log; then nobody's habit can be told.
    return before / (days - _WEEK) * _WEEK if before >= 0 else None


TOPICS = (
    Topic(
        "n_(events|plays|finished)_.*|(mean_)?(events|plays)_(over|above|per)_(habit|week|active).*"
        r"|(plays|events|played_s|plays_80_100)_\d+d_over_\d+d|(played|started)_s_\d+d"
        "|(mean_)?log_events.*|mean_events_per_active_day|last_day_over_mean_day",
        _plays,
    ),
)
