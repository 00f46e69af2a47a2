"""How long the listener has been silent, beside how long they usually are."""

from tenuto.reasons._contract import EVEN, PLAIN, TO_LEAVING, Fact, Topic
from tenuto.reasons._facts import beside_others, leans
from tenuto.reasons._words import days_ago, every

LABEL = "Silence"
FAMILIES = ("recency", "silence")

# After one active day nobody has a habit; from so many silent days on that is no good sign.
_LONG_DAYS = 3


def _silent(listener):
    days = listener.own("days_since_last_event")
    if days is None:
        return
    played = listener.own("days_since_last_play") == days
    last = "last played" if played else "last active"
    gap = listener.own("mean_gap_days")
    if gap is None:
        leaning = TO_LEAVING if days >= _LONG_DAYS else PLAIN
        yield Fact(f"{last} {days_ago(days)}, on the only active day so far", leaning)
    else:
        leaning = leans(days, gap, TO_LEAVING, least=1.0)
        rest = ", about as usual" if leaning == EVEN else f"; usually {every(gap)}"
        yield Fact(f"{last} {days_ago(days)}{rest}", leaning)
    yield from beside_others(
        listener,
        "days_since_last_event",
        TO_LEAVING,
        say=lambda own: f"{last} {days_ago(own)}",
        other=days_ago,
        least=1.0,
    )


TOPICS = (
    Topic(
        "days_since_last_(event|play|session)|has_played|silence_over_.*"
        "|chance_(still_there|fading|silent_.*)",
        _silent,
    ),
)
