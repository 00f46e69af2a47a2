"""The columns of the lake and of the rollups, each with its meaning."""

from __future__ import annotations

from collections.abc import Iterable

import _markdown as md
import ibis

from tenuto.catalogue import Catalogue
from tenuto.events import schema
from tenuto.events.actions import ACTIONS, count_column
from tenuto.rollups import Day
from tenuto.sources._contract import FACTS

EVENTS = {
    "user_id": "who; never a float, never 32 bits",
    "action": "what was done: one of the actions above",
    "day": "the day, as the file or the clock tells it",
    "timestamp": "UTC, microseconds; NULL where the source knows only the day",
    "item_id": "which song; NULL where the source does not know it",
    "played_s": "seconds played; NULL where they were unreadable (the play counts)",
    "length_s": "length of the song in seconds; NULL where unknown",
    "device": "`android`, `iphone`, or as it stands in the log; NULL where unknown",
    "is_paid": "whether the log marks the event as paid",
    "session_id": "the session; NULL where the source has none",
    "text": "the search query; NULL unless `ingest.keep_search_text` is set",
    "source_file": "the raw file that the record came from",
    "source_line": "its line there, from 1",
}
_SUMS = {
    "user_id": "who",
    "item_id": "which song",
    "day": "the day",
    "hour": "hour of the clock, 0 to 23",
    "device": "the device",
    "n_events": "events of any kind",
    "n_listeners": "different users that played the item",
    "played_s": "seconds played; unreadable durations add nothing",
    "longest_play_s": "seconds of the longest play; NULL without a readable one",
    "n_skips": "plays of 0 seconds",
    "n_finished": "plays of more than 85 % of the song",
    "n_plays_with_share": "plays whose seconds and song length are both known",
    "share_sum": "sum over those of the share played, each 0 to 1",
    "n_plays_of_known_items": "plays of songs that the catalogue knows",
    "n_paid_events": "events marked as paid",
    "n_sessions": "different sessions",
    "is_paid": "1 if the last event of the day was on a paid plan, else 0",
    "started_s": "length of the songs that were begun, where what was heard of them is unknown",
    "artist": "the artist, by name",
    "session_id": "the session; unique only together with the user",
    "started": "the first clock of the session on that day, UTC",
    "ended": "the last one",
    "registered": "when the user signed up, UTC: the earliest that was ever told",
    "plan": "the plan, in the service's own word",
    "gender": "as the service has it; no feature reads it",
    "location": "as the service has it; no feature reads it",
    "user_agent": "the browser or device, as it names itself; no feature reads it",
}
_SPECIAL = {("item_days", "n_searches"): "searches whose query is the title, or title and artist"}
_ACTIONS = {count_column(action): f"`{action}`: {words}" for action, words in ACTIONS.items()}
_BUCKETS = "n_share_"


def page(rollups: Catalogue) -> str:
    """Each rollup with its key and all the columns that it can have."""
    parts = []
    for name, member in rollups.all().items():
        key = ", ".join(md.code(column) for column in member.KEY)
        # Songs begun are summed only where nobody knows how long they were heard.
        known = (FACTS, [fact for fact in FACTS if fact != "played_s"])
        columns = dict.fromkeys(
            name for facts in known for name in member.build(_day(facts)).columns
        )
        rows = [[md.code(column), meaning(name, column)] for column in columns]
        parts.append(
            f"\n## `{name}`\n\n{md.of(member)}\nKey: {key}. {_needs(member)}"
            f"{md.one_line(member.build.__doc__)}\n\n" + md.table(["column", "meaning"], rows)
        )
    return "".join(parts)


def _needs(member) -> str:
    needs = ", ".join(md.code(fact) for fact in getattr(member, "NEEDS", ()))
    return f"Only where the source knows {needs}. " if needs else ""


def lake() -> str:
    """The tables of the lake with their types."""
    actions = md.table(["action", "meaning"], [[md.code(a), m] for a, m in ACTIONS.items()])
    fields = [
        [md.code(field.name), md.code(field.type), EVENTS[field.name]]
        for field in schema.events("int64", "int64")
    ]
    others = "".join(
        f"\n## `{name}`\n\n{md.of(make)}\n{_types(made)}"
        for name, make, made in (
            ("titles", schema.titles, schema.titles("int64")),
            ("profiles", schema.profiles, schema.profiles("int64")),
            ("queries", schema.queries, schema.queries()),
        )
    )
    return (
        f"## The actions\n\n{actions}\n## `events`\n\n{md.of(schema.events)}\n"
        f"{md.table(['column', 'type', 'meaning'], fields)}{others}"
    )


def meaning(rollup: str, column: str) -> str:
    """What a column of a rollup holds.

    Raises
    ------
    KeyError : if nobody wrote it down; add it above
    """
    if column.startswith(_BUCKETS):
        low, high = column.removeprefix(_BUCKETS).split("_")
        upper = "100 % included" if high == "100" else f"under {high} %"
        return f"plays of {int(low)} % of the song and more, {upper}"
    if (rollup, column) in _SPECIAL:
        return _SPECIAL[rollup, column]
    if column in _SUMS:
        return _SUMS[column]
    return f"events with the action {_ACTIONS[column]}"


def _types(table) -> str:
    return md.table(
        ["column", "type"], [[md.code(field.name), md.code(field.type)] for field in table]
    )


def _day(facts: Iterable[str]) -> Day:
    """A day of a source that knows ``facts`` and every action."""

    def table(name, arrow):
        return ibis.table(ibis.Schema.from_pyarrow(arrow), name=name)

    events = table("events", schema.events("int64", "int64"))
    return Day(
        events=events.mutate(share_played=events.played_s / events.length_s.nullif(0)),
        titles=table("titles", schema.titles("int64")),
        profiles=table("profiles", schema.profiles("int64")),
        queries=table("queries", schema.queries()),
        actions=tuple(ACTIONS),
        knows=frozenset(facts),
    )
