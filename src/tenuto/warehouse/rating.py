"""One row per listener and song: how much the listener likes it, as the settings measure it.

The table Rating of S1-SQL1, by its columns (``uid``, ``song_id``, ``rating``) and its key. It holds
the latest cutoff that was exported, and is replaced as a whole.
"""

from tenuto.preferences import feedback_before, feedback_digest, preferences_of
from tenuto.record import code_digest, digest_of
from tenuto.warehouse._computed import computed_part
from tenuto.warehouse._contract import Table

GROUP = "songs"
KEY = ("uid", "song_id")


def tables(at):
    """Pairs with a preference in ``recommend.window_days`` before the cutoff."""
    settings, root = at.workspace.settings.recommend, at.workspace.root
    digest = digest_of(
        [
            at.cutoff,
            at.timeline.digests(),
            settings.model_dump(),
            feedback_digest(root, at.cutoff),
            code_digest(),
        ]
    )
    return [Table("rating", KEY, [computed_part(at, "rating", digest, _ratings(at))], by=None)]


def _ratings(at):
    settings = at.workspace.settings.recommend
    known = preferences_of(
        at.timeline.past(at.engine, at.cutoff),
        settings.preference,
        settings.window_days,
        settings.signals if settings.preference == "signals" else None,
        feedback_before(at.workspace.root, at.cutoff),
    )
    return known.select(uid="user_id", song_id="item_id", rating="preference").order_by(list(KEY))
