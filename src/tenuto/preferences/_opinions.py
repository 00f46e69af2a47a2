"""Likes and dislikes as they stand at the cutoff: the last word counts, and can be taken back.

A like takes the place of a dislike and the other way round; after the last word is taken back
there is no opinion (S2-W3, S2-W5). Taking back a dislike leaves a later like alone.

Rollups know the day, not the order within it. So the words of one day are weighed by count:
what is said and what is taken back cancel out, what is left over is the word of the day, and
nothing left over leaves things as they were. If both a like and a dislike are left over, the
dislike holds: a song left out by mistake is one of thousands, one that was rejected and
comes again is noticed.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tenuto.errors import ContractError
from tenuto.preferences._sums import with_counts
from tenuto.timeline import Past

LIKED, DISLIKED = 1, -1
#: What a user can say of an item from outside the log; ``none`` takes back whatever was said.
WORDS = ("like", "dislike", "none")

_KEYS = ["user_id", "item_id"]
_COUNTS = ("n_likes", "n_removed_likes", "n_dislikes", "n_removed_dislikes")
# A moment is minus two times the age in days, plus one for feedback; this is before all of them.
_NEVER = -(1 << 40)


def opinions(past: Past, feedback: pa.Table | None = None) -> ir.Table:
    """One row per user and item of which the user has an opinion, over the whole log.

    Parameters
    ----------
    feedback : words from outside the log, as `feedback_before` gives them. Between them and the
        log the later word counts, and on one day the feedback's. Days from the cutoff on are
        not looked at.

    Returns
    -------
    Table with ``user_id``, ``item_id`` and ``opinion`` (int8): `LIKED` or `DISLIKED`.

    Raises
    ------
    ContractError : if ids of ``feedback`` are not of the type of the log's
    """
    words = _words_of_log(past)
    if feedback is not None:
        words = words.union(_words_of_feedback(past, feedback, words))
    last = words.group_by(_KEYS).agg(
        **{
            name: words[name].ifelse(words.moment, ibis.null("int64")).max().fill_null(_NEVER)
            for name in ("likes", "dislikes", "unlikes", "undislikes")
        }
    )
    is_liked = (last.likes > last.dislikes) & (last.likes > last.unlikes)
    is_disliked = (last.dislikes > last.likes) & (last.dislikes > last.undislikes)
    opinion = is_disliked.ifelse(DISLIKED, LIKED).cast("int8")
    return last.filter(is_liked | is_disliked).select(*_KEYS, opinion=opinion)


def _words_of_log(past: Past) -> ir.Table:
    """One row per pair and day with a thumb: what was said that day, and what taken back."""
    days = with_counts(past.table("user_item_days"), _COUNTS)
    said = days.filter(sum((days[column] for column in _COUNTS[1:]), days.n_likes) > 0)
    dislikes = said.n_dislikes > said.n_removed_dislikes
    return said.select(
        *_KEYS,
        moment=(said.age_days * -2).cast("int64"),
        likes=(said.n_likes > said.n_removed_likes) & ~dislikes,
        dislikes=dislikes,
        unlikes=said.n_likes < said.n_removed_likes,
        undislikes=said.n_dislikes < said.n_removed_dislikes,
    )


def _words_of_feedback(past: Past, feedback: pa.Table, log: ir.Table) -> ir.Table:
    rows = past.narrowed(past.engine.from_arrow(feedback.select([*_KEYS, "opinion", "day"])))
    for key in _KEYS:
        if rows[key].type() != log[key].type():
            raise ContractError(
                f"{key} of the feedback is {rows[key].type()}, of the log {log[key].type()}",
                mend=f"write the {key} of the feedback as the log does",
            )
    age_days = (ibis.literal(past.cutoff, "date") - rows.day).cast("int64")
    told = rows.mutate(age_days=age_days).filter(age_days >= 1)
    return told.select(
        *_KEYS,
        moment=(told.age_days * -2 + 1).cast("int64"),
        likes=told.opinion == "like",
        dislikes=told.opinion == "dislike",
        unlikes=told.opinion == "none",
        undislikes=told.opinion == "none",
    )
