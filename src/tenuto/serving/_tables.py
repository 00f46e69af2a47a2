"""``answers.sqlite``: one row for each thing that can be asked for, found by its key.

    listeners   user_id -> row, card (JSON)              calls    place on the call list -> who
    lists       row * 8 + number of the list -> songs    days     row -> days with something done
    items       item_id -> what it is called             history  row -> what runs said of them
    similar     item_id -> items

What is long is JSON already (see ``_sums.py``).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._interchange_similar import similar_items
from tenuto.serving._people import as_text, cards, plain, words_of_actions
from tenuto.serving._run import Run
from tenuto.serving._sums import Sums

N_SIMILAR = 20

_SCHEMA = """
CREATE TABLE listeners (user_id PRIMARY KEY NOT NULL, "row" INTEGER NOT NULL, card TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE calls (place INTEGER PRIMARY KEY, user_id NOT NULL, action TEXT, plan TEXT,
    probability REAL, value REAL, expected_value REAL, days INTEGER, reasons TEXT, words TEXT);
CREATE TABLE lists (key INTEGER PRIMARY KEY, songs TEXT NOT NULL);
CREATE TABLE items (item_id PRIMARY KEY NOT NULL, title TEXT, artist TEXT, length_s REAL,
    first_day TEXT, last_day TEXT, n_listeners INTEGER NOT NULL, words TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE similar (item_id PRIMARY KEY NOT NULL, songs TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE days ("row" INTEGER PRIMARY KEY, days TEXT NOT NULL);
CREATE TABLE history ("row" INTEGER PRIMARY KEY, scores TEXT NOT NULL);
"""
_INDEXES = """
CREATE INDEX calls_by_action ON calls (action, place);
CREATE INDEX items_by_listeners ON items (n_listeners DESC, item_id);
"""


def write_answers(
    run: Run, file: Path, people: pd.DataFrame, model: Recommender, near: Recommender
) -> None:
    """All answers of ``run`` that are looked up.

    Parameters
    ----------
    people : see `tenuto.serving._people.people`; the number of a row is the listener's
    model : whose items are served; near : what is similar is asked of it
    """
    db = sqlite3.connect(file, isolation_level=None)
    try:
        for pragma in ("page_size = 8192", "journal_mode = OFF", "synchronous = OFF"):
            db.execute(f"PRAGMA {pragma}")
        db.executescript(_SCHEMA)
        db.execute("BEGIN")
        _listeners(db, people, run)
        _items(db, run, model)
        _similar(db, near)
        with Sums.opened(run, people["user_id"].tolist()) as sums:
            db.executemany("INSERT INTO lists VALUES (?, ?)", sums.lists())
            db.executemany("INSERT INTO days VALUES (?, ?)", sums.days())
            db.executemany("INSERT INTO history VALUES (?, ?)", sums.history())
        db.executescript(_INDEXES)
        if db.in_transaction:
            db.execute("COMMIT")
        db.execute("ANALYZE")
    finally:
        db.close()


def _listeners(db: sqlite3.Connection, people: pd.DataFrame, run: Run) -> None:
    calls, words = [], words_of_actions()
    for number, card in enumerate(cards(people, run)):
        db.execute(
            "INSERT INTO listeners VALUES (?, ?, ?)", (card["user_id"], number, as_text(card))
        )
        if card["place"] is not None:
            calls.append(_call(card, words))
    db.executemany(f"INSERT INTO calls VALUES ({', '.join('?' * 10)})", calls)


def _call(card: dict[str, Any], words: dict[str, str]) -> tuple[Any, ...]:
    raising = [reason for reason in card["reasons"] if reason[3]][:3] or card["reasons"][:1]
    said = [card["user_id"], words.get(card["action"], ""), *(reason[1] for reason in raising)]
    said += [title for _, title in card["songs"]]
    return (
        int(card["place"]),
        card["user_id"],
        card["action"],
        card["plan"],
        card["probability"],
        card["value"],
        card["expected_value"],
        card["days_since_last_event"],
        "," + ",".join(str(reason[0]) for reason in raising) + ",",
        " ".join(str(one) for one in said).casefold(),
    )


def _items(db: sqlite3.Connection, run: Run, model: Recommender) -> None:
    """Everything that has a name, and everything that the recommender knows."""
    items = run.items.set_index("item_id")
    items = items.reindex(items.index.union(model.item_ids))
    heard = pd.Series(model.n_listeners, index=model.item_ids).reindex(items.index).fillna(0)
    names = ("title", "artist", "length_s", "first_day", "last_day")
    columns = [[plain(value) for value in items[name].tolist()] for name in names]
    words = [
        " ".join(str(one) for one in (title, artist, item) if one is not None).casefold()
        for item, title, artist in zip(items.index.tolist(), *columns[:2], strict=True)
    ]
    rows = zip(items.index.tolist(), *columns, heard.astype(int).tolist(), words, strict=True)
    db.executemany(f"INSERT INTO items VALUES ({', '.join('?' * 8)})", rows)


def _similar(db: sqlite3.Connection, near: Recommender) -> None:
    found = similar_items(near, N_SIMILAR)
    columns = ("item_id", "similar_item_id", "score")
    rows: dict[Any, list[Any]] = {}
    for item, other, score in zip(*(found[name].tolist() for name in columns), strict=True):
        rows.setdefault(item, []).append([other, score])
    texts = ((item, as_text(others)) for item, others in rows.items())
    db.executemany("INSERT INTO similar VALUES (?, ?)", texts)
