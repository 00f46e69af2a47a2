"""What ties the listener to the service: thumbs up, playlists and friends."""

from tenuto.reasons._contract import TO_STAYING, Topic
from tenuto.reasons._facts import counted_beside_others, per_100_plays

LABEL = "Likes, playlists and friends"


def _told(name, what, plural):
    """Facts of one kind of action, per 100 plays and in all."""

    def facts(listener):
        yield from counted_beside_others(listener, f"n_{name}", TO_STAYING, what, plural)
        yield from per_100_plays(listener, name, TO_STAYING, what, plural)

    return facts


TOPICS = (
    Topic("(n_)?likes_.*", _told("likes", "thumb up", "thumbs up")),
    Topic(
        "(n_)?playlist_adds_.*",
        _told("playlist_adds", "song put into a playlist", "songs put into playlists"),
    ),
    Topic("(n_)?friend_adds_.*", _told("friend_adds", "friend added", "friends added")),
)
