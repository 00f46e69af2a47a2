"""How many different songs and artists the listener hears, and how much is repetition."""

from tenuto.reasons._contract import PLAIN, TO_LEAVING, TO_STAYING, Fact, Topic
from tenuto.reasons._facts import NOTHING_PLAYED, beside_others, counted_beside_others
from tenuto.reasons._words import times

LABEL = "Variety"
FAMILIES = ("artists", "variety")


def _songs(listener):
    if listener.own("n_plays_14d") == 0:
        yield Fact(NOTHING_PLAYED, TO_LEAVING)
        return
    yield from counted_beside_others(listener, "n_songs", TO_STAYING, "different song")
    yield from counted_beside_others(listener, "n_artists", TO_STAYING, "different artist")


def _repetition(listener):
    # Whether the same song again is love or boredom, nobody can tell from the number.
    yield from beside_others(
        listener,
        "plays_per_song_14d",
        PLAIN,
        say=lambda own: f"plays each song {times(own)}",
        other=times,
    )


TOPICS = (
    Topic("n_(songs|artists)_.*", _songs),
    Topic("plays_per_song_.*", _repetition),
)
