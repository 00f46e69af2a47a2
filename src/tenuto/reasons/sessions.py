"""How many sessions the listener has, how long they are and how much is in them."""

from tenuto.reasons._contract import TO_STAYING, Topic
from tenuto.reasons._facts import beside_others, beside_usual_week, counted
from tenuto.reasons._words import amount, lasting

LABEL = "Sessions"
FAMILIES = ("sessions",)


def _number(listener):
    usual = listener.own("mean_sessions_per_week")
    yield from beside_usual_week(listener, "n_sessions_7d", usual, TO_STAYING, "session")
    yield from counted(listener, "n_sessions", TO_STAYING, "session")


def _length(listener):
    yield from beside_others(
        listener,
        "mean_session_s_14d",
        TO_STAYING,
        say=lambda own: f"a session lasts {lasting(own)}",
        other=lasting,
    )
    yield from beside_others(
        listener,
        "plays_per_session_14d",
        TO_STAYING,
        say=lambda own: f"plays a session: {amount(own)}",
        other=amount,
    )


TOPICS = (
    Topic("n_sessions_.*|mean_sessions_per_.*|sessions_(over|above)_habit_.*", _number),
    Topic("mean_session_s_.*|(plays|events)_per_session_.*", _length),
)
