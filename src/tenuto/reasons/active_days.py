"""On how many days the listener comes, and how long from one to the next."""

from functools import partial

from tenuto.reasons._contract import EVEN, TO_LEAVING, TO_STAYING, Fact, Topic
from tenuto.reasons._facts import CLEARLY, beside_others, leans
from tenuto.reasons._words import amount, every, whole

LABEL = "Active days"
FAMILIES = ("fading", "habit")

_MANY_TIMES = 10


def _active_days(listener):
    for window in (14, 7):
        own = listener.own(f"n_active_days_{window}d")
        usual = _usual_days(listener, own, window)
        if usual is not None:
            leaning = leans(own, usual, TO_STAYING, least=1.0)
            rest = f"; before, on {whole(usual)} of {window}" if leaning else ", about as before"
            yield Fact(f"{_on(own, window)}{rest}", leaning)
        yield from beside_others(
            listener,
            f"n_active_days_{window}d",
            TO_STAYING,
            say=partial(_on, window=window),
            other=lambda value: f"on {whole(value)}",
            least=1.0,
        )


def _on(own, window):
    """ "active on 2 of the last 14 days"."""
    return f"active on {'none' if own == 0 else amount(own)} of the last {window} days"


def _usual_days(listener, own, window):
    """Active days in as many days as the window has, of those before it; None if those are few."""
    days, share = listener.own("days_since_first_event"), listener.own("share_active_days")
    if own is None or days is None or share is None or days < 2 * window:
        return None
    before = round(days * share) - own
    # Below 0 the columns are not of one log; then nobody's habit can be told.
    return before / (days - window) * window if before >= 0 else None


def _gaps(listener):
    ratio = listener.own("session_gaps_recent_over_before")
    if ratio is not None:
        yield Fact(*_of_ratio(ratio))
    yield from beside_others(
        listener,
        "mean_gap_days",
        TO_LEAVING,
        say=lambda own: f"comes {every(own)}",
        other=every,
        least=0.5,
    )


def _of_ratio(ratio):
    start = "the time from one session to the next is"
    if ratio > _MANY_TIMES:
        return f"{start} more than ten times as long as before", TO_LEAVING
    if ratio > CLEARLY:
        return f"{start} {amount(ratio)} times as long as before", TO_LEAVING
    if ratio * CLEARLY < 1:
        return f"{start} shorter than before", TO_STAYING
    return f"{start} about the same as before", EVEN


TOPICS = (
    Topic("n_active_days_.*|active_days_.*|share_active_days.*", _active_days),
    Topic("(mean|longest)_gap_days|(mean|last)_session_gap_.*|session_gaps_.*", _gaps),
)
