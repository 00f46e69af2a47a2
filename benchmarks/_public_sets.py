"""Public sets of listening, and how each is split into what is known and what is asked for.

    hetrec-lastfm     userID artistID weight     2 51 13883        counts, no time
    movielens-100k    user item rating time      196 242 3 881250949
    sessions-30music  session_id,user_id,song_id,ts,playtime       plays with a clock
    sequences-xiami   user,items                 0,"4338 3906 1338 …"   plays in order, no clock

They lie in ``../shared/data`` beside the checkout (``--data``) and are never copied into it.
Every reader gives plain columns: ``user_id``, ``item_id``, and ``weight`` (a count), or one row per
play with ``time`` (UTC) or ``place`` (0 is the listener's first).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tenuto.errors import SourceError
from tenuto.evaluation import list_splits

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SEEDS = (42, 43, 44, 45, 46)
#: The split of training data on which settings are chosen has a seed of its own.
INNER_SEED = 43
TEST_DAYS = 14


@dataclass(frozen=True)
class Split:
    """What is known, and the pairs that a recommender is asked to find.

    Attributes
    ----------
    known : pairs with ``weight``, or plays with ``time`` or ``place``
    future : ``user_id`` and ``item_id``, each pair once, of users who are in ``known``: nobody
        else could be known
    """

    known: pd.DataFrame
    future: pd.DataFrame


def hetrec(data: Path = DATA) -> pd.DataFrame:
    """Last.fm 2K: 92,834 pairs of 1,892 listeners and 17,632 artists, ``weight`` = plays.

    Each listener's 50 most played artists, without time.
    """
    pairs = pd.read_csv(_file(data, "hetrec-lastfm", "user_artists.dat.gz"), sep="\t")
    pairs.columns = ["user_id", "item_id", "weight"]
    return pairs.astype({"weight": np.float64})


def artist_names(data: Path = DATA) -> pd.Series:
    """Names of the artists of `hetrec`, by ``item_id``."""
    # Quotation marks are part of names here: quoting=3 reads them as they are.
    path = _file(data, "hetrec-lastfm", "artists.dat.gz")
    names = pd.read_csv(path, sep="\t", quoting=3, usecols=["id", "name"])
    return names.set_index("id")["name"].rename_axis("item_id")


def movielens(data: Path = DATA) -> pd.DataFrame:
    """ML-100K: 100,000 ratings of 943 people and 1,682 films, ``weight`` = 1 to 5 stars."""
    columns = ["user_id", "item_id", "weight", "time"]
    path = _file(data, "movielens-100k", "u.data.gz")
    rated = pd.read_csv(path, sep="\t", names=columns)
    return rated.assign(time=pd.to_datetime(rated["time"], unit="s")).astype({"weight": "f8"})


def thirty_music(data: Path = DATA) -> pd.DataFrame:
    """30Music, a sample: 167,998 plays of 9,980 songs by 7,150 listeners in 2014.

    One row per play, by ``time``: also ``session_id`` and ``played_s``. Listeners have 2.7
    sessions on average, a fifth of a year apart at the 90th percentile.
    """
    plays = pd.read_csv(_file(data, "sessions-30music", "plays.csv.gz"))
    plays["time"] = pd.to_datetime(plays.pop("ts"), unit="s")
    named = plays.rename(columns={"song_id": "item_id", "playtime": "played_s"})
    return named.sort_values(["time", "user_id", "item_id"], ignore_index=True)


def xiami(data: Path = DATA) -> pd.DataFrame:
    """Xiami: 632,551 plays of 55,878 songs by 3,982 listeners, in order, without a clock.

    One row per play; ``place`` counts the listener's plays from 0, oldest first.
    """
    rows = pd.read_csv(_file(data, "sequences-xiami", "user_sequences.csv.gz"))
    songs = rows["items"].str.split()
    length = songs.str.len()
    plays = pd.DataFrame({"user_id": rows["user"].repeat(length).to_numpy()})
    plays["item_id"] = songs.explode().astype(np.int64).to_numpy()
    plays["place"] = plays.groupby("user_id").cumcount()
    return plays


def song_artists(data: Path = DATA) -> pd.Series:
    """The artist of each song of `xiami`, a code, by ``item_id``; -1 where unknown."""
    items = pd.read_csv(_file(data, "sequences-xiami", "items.csv.gz"))
    return items.set_index("item")["artist"].rename_axis("item_id")


# Splits, from what a user of the package has: see tenuto.evaluation.list_splits.


def by_user(pairs: pd.DataFrame, seed: int) -> Split:
    """A random fifth of each user's pairs is asked for (recommenders.md §5.1)."""
    return _split(*list_splits.by_listener(pairs, np.random.default_rng(seed)))


def by_item(pairs: pd.DataFrame, seed: int) -> Split:
    """A random quarter of each item's pairs is asked for (recommenders.md §5.4).

    Drawn as the tables of the ``recommenders`` package draw it, so with seed 42 it is their split.
    """
    return _split(*list_splits.by_item(pairs, np.random.RandomState(seed)))


def by_sequence(plays: pd.DataFrame) -> Split:
    """The last fifth of each listener's plays is asked for."""
    return _split(*list_splits.by_sequence(plays, order="place"))


def forward(plays: pd.DataFrame, end: pd.Timestamp | None = None, days: int = TEST_DAYS) -> Split:
    """One wall for everybody: the ``days`` before ``end`` are asked for, all before is known.

    ``end`` is just after the last play unless given.
    """
    end = plays["time"].max() + pd.Timedelta(seconds=1) if end is None else end
    before = plays[plays["time"] < end]
    return _split(*list_splits.forward(before, end - pd.Timedelta(days=days), "time"))


def targets(split: Split) -> dict[str, pd.DataFrame]:
    """What is asked for: ``all`` of it, what the user had before (``repeat``), and the ``new``."""
    had = pd.MultiIndex.from_frame(split.known[["user_id", "item_id"]].drop_duplicates())
    is_repeat = pd.MultiIndex.from_frame(split.future).isin(had)
    return {"all": split.future, "repeat": split.future[is_repeat], "new": split.future[~is_repeat]}


def _split(known: pd.DataFrame, asked: pd.DataFrame) -> Split:
    pairs = asked[["user_id", "item_id"]].drop_duplicates()
    pairs = pairs[pairs["user_id"].isin(known["user_id"].unique())]
    return Split(known.reset_index(drop=True), pairs.reset_index(drop=True))


def _file(data: Path, folder: str, name: str) -> Path:
    path = data / folder / name
    if not path.exists():
        raise SourceError(
            f"there is no {name} in {data / folder}", mend="say with --data where the sets are"
        )
    return path
