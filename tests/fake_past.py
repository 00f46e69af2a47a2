"""A past made of a few events, with real rollups: for tests of preferences and recommenders."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pyarrow as pa

from tenuto.rollups import CATALOGUE, Day
from tenuto.timeline import Past
from tenuto.timeline._walls import Window

ACTIONS = ("play", "download", "like", "search")
KNOWS = frozenset({"played_s", "length_s", "device", "is_paid", "session_id", "artist"})
CUTOFF = date(2017, 4, 29)


def played(user, item, *, ago=1, share=1.0, seconds=None, device=None):
    """One play ``ago`` days before the cutoff; ``share=None``: the song's length is unknown."""
    seconds = seconds if seconds is not None else 200.0 * (share or 0)
    return _event(user, "play", item, ago, device) | {"share_played": share, "played_s": seconds}


def downloaded(user, item, *, ago=1, device=None):
    return _event(user, "download", item, ago, device)


def liked(user, item, *, ago=1):
    return _event(user, "like", item, ago, None)


def opened(user, *, ago=1, device=None):
    """An event that names no item."""
    return _event(user, "search", None, ago, device)


def searched(item, *, ago=1, times=1):
    """A query, typed by somebody, that is the title of ``item``."""
    return {"query": f"song {item}", "day": CUTOFF - timedelta(days=ago), "n_searches": times}


def _event(user, action, item, ago, device):
    return {
        "user_id": user,
        "action": action,
        "item_id": item,
        "day": CUTOFF - timedelta(days=ago),
        "device": device,
        "played_s": None,
        "share_played": None,
    }


class FakePast(Past):
    """What `tenuto.timeline` hands out, of a handful of events.

    Its tables have fixed names, so that what is built on them is compiled once for all tests: ask
    for them, and use them, before those of another one.
    """

    cutoff = CUTOFF

    def __init__(self, engine, *happenings):
        self.engine, self._user_range, self._people, self._read = engine, None, None, {}
        self.events = [event for event in happenings if "query" not in event]
        self.queries = [event for event in happenings if "query" in event]
        self.is_string = any(isinstance(event["user_id"], str) for event in self.events)
        self._summed = {}

    def _all_days(self, table):
        rows = self.engine.from_arrow(self._rows(table), f"fake_{table}")
        return Window.narrowed(self, rows) if "user_id" in rows.columns else rows

    def _rows(self, name):
        """The sums of all days before the cutoff; a day with queries is summed by itself."""
        if name not in self._summed:
            build, asked = CATALOGUE.get(name).build, {query["day"] for query in self.queries}
            before = {event["day"] for event in self.events if event["day"] < self.cutoff}
            groups = [before - asked, *([day] for day in sorted(before & asked))]
            parts = [self.engine.to_arrow(build(self._days(days))) for days in groups]
            self._summed[name] = pa.concat_tables(parts)
        return self._summed[name]

    def _days(self, days):
        events = self.engine.from_arrow(self._events(days), "fake_events")
        titles = self._titles(events)
        return Day(events, titles, events.limit(0), self._queries(days), ACTIONS, KNOWS)

    def _events(self, days):
        id_type = pa.string() if self.is_string else pa.int64()
        schema = pa.schema(
            [
                ("user_id", id_type),
                ("action", pa.string()),
                ("item_id", id_type),
                ("day", pa.date32()),
                ("device", pa.string()),
                ("played_s", pa.float64()),
                ("share_played", pa.float64()),
                ("is_paid", pa.bool_()),
                ("session_id", pa.string()),
            ]
        )
        rows = [event for event in self.events if event["day"] in days]
        return pa.Table.from_pylist(rows, schema)

    @staticmethod
    def _titles(events):
        named = events.filter(events.item_id.notnull())
        title = ibis.literal("Song ") + named.item_id.cast("string")
        counted = named.mutate(title=title, artist=ibis.literal("Somebody"), length_s=200.0)
        keys = ["item_id", "title", "artist", "length_s"]
        return counted.group_by(keys).agg(n_events=lambda rows: rows.count())

    def _queries(self, days):
        schema = pa.schema([("query", pa.string()), ("n_searches", pa.int64())])
        rows = [
            {"query": query["query"], "n_searches": query["n_searches"]}
            for query in self.queries
            if query["day"] in days
        ]
        return self.engine.from_arrow(pa.Table.from_pylist(rows, schema), "fake_queries")
