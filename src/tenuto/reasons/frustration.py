"""What goes wrong for the listener: songs they do not like, errors, a need for help."""

from tenuto.reasons._contract import TO_LEAVING, TO_STAYING, Topic
from tenuto.reasons._facts import (
    beside_others,
    beside_usual_week,
    counted,
    counted_beside_others,
    per_100_plays,
)
from tenuto.reasons._words import share

LABEL = "Frustration"


def _thumbs_down(listener):
    usual = listener.own("mean_dislikes_per_week")
    words = ("thumb down", "thumbs down")
    yield from beside_usual_week(listener, "n_dislikes_7d", usual, TO_LEAVING, *words)
    yield from per_100_plays(listener, "dislikes", TO_LEAVING, *words, least=0.2)
    yield from beside_others(
        listener,
        "share_thumbs_up_14d",
        TO_STAYING,
        say=lambda own: f"{share(own)} of their thumbs are up",
        other=share,
        least=0.05,
    )
    yield from counted(listener, "n_dislikes", TO_LEAVING, *words)


def _errors(listener):
    yield from counted_beside_others(listener, "n_errors", TO_LEAVING, "error")


def _help(listener):
    words = ("visit to the help", "visits to the help")
    yield from counted_beside_others(listener, "n_helps", TO_LEAVING, *words)


TOPICS = (
    Topic("(n|mean)_dislikes_.*|dislikes_(over|above|per)_.*|share_thumbs_up_.*", _thumbs_down),
    Topic("n_errors_.*|errors_per_.*", _errors),
    Topic("n_helps_.*|helps_per_.*", _help),
)
