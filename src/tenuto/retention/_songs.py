"""Songs beside each listener that fit why they may leave: known ones, new ones, or some of each.

Who comes less is reminded of what they like; who hears little that is new, or skips, is shown
something else. Both come from the lists of `tenuto recommend`: Keep listening, and Discover.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

#: The lists that known and new songs come from.
KNOWN, NEW = "keep", "discover"
#: Share of the songs that are known ones. Arbitrary, to be tried on a hold-out.
KNOWN_SHARE = {"known": 0.6, "mixed": 0.4, "new": 0.0}
#: Reason -> what helps against it; any other reason gets some of each.
_REMIND = ("silence", "plays", "active_days", "sessions", "engagement")
_SURPRISE = ("variety", "skipping")
FITS = dict.fromkeys(_REMIND, "known") | dict.fromkeys(_SURPRISE, "new")


def fitting_songs(
    listeners: pd.DataFrame, recommend: Path, items: pd.DataFrame | None, n: int
) -> pd.DataFrame:
    """``n`` songs for each listener: ``song_1``, ``song_1_title``, ``song_2``, …

    Parameters
    ----------
    listeners : ``user_id`` and ``reason_1``
    recommend : the folder of recommendations of a run
    items : ``item_id``, ``title``, ``artist``, for the names of known songs

    Returns
    -------
    DataFrame, rows as ``listeners``. A song is there once a listener; who has too few of one
    kind gets the other, then what most others are recommended. NULL where songs run out, or a
    title is not known.
    """
    file = recommend / "recommendations.parquet"
    if n == 0 or not file.exists():
        return pd.DataFrame(index=listeners.index)
    columns = ["user_id", "list", "rank", "item_id", "title", "artist"]
    lists = pd.read_parquet(file, columns=columns, filters=[("rank", "<=", n)])
    kind = listeners["reason_1"].map(FITS).fillna("mixed")
    n_known = kind.map({name: round(share * n) for name, share in KNOWN_SHARE.items()})
    users = listeners["user_id"]
    known, new = _of_list(lists, KNOWN, users), _of_list(lists, NEW, users)
    wanted = n_known.to_numpy()[pd.Index(users).get_indexer(pd.Index(known["user_id"]))]
    parts = [known.assign(block=np.where(known["place"] < wanted, 0, 2)), new.assign(block=1)]
    chosen = _first(pd.concat(parts, ignore_index=True), n)
    chosen = _filled_up(chosen, lists, users, n)
    names = _names(chosen["item_id"], lists, items)
    return _wide(chosen.assign(title=chosen["item_id"].map(names)), users, n)


def _of_list(lists: pd.DataFrame, name: str, users: pd.Series) -> pd.DataFrame:
    """The songs of one list of each of ``users``, with ``place`` from 0."""
    wanted = lists[(lists["list"] == name) & lists["user_id"].isin(users)]
    return wanted.assign(place=wanted["rank"] - 1)[["user_id", "place", "item_id"]]


def _first(candidates: pd.DataFrame, n: int) -> pd.DataFrame:
    """The first ``n`` different songs of each listener, with ``number`` from 1."""
    ordered = candidates.sort_values(["user_id", "block", "place"], kind="stable")
    ordered = ordered.drop_duplicates(["user_id", "item_id"])
    number = ordered.groupby("user_id").cumcount() + 1
    return ordered.assign(number=number)[number <= n]


def _filled_up(chosen: pd.DataFrame, lists: pd.DataFrame, users: pd.Series, n: int) -> pd.DataFrame:
    """With what is recommended to most, where a listener has fewer than ``n``."""
    has = chosen.groupby("user_id").size().reindex(users, fill_value=0)
    short = has.index[has < n]
    if len(short) == 0:
        return chosen
    often = lists.groupby("item_id").size().reset_index(name="n_listeners")
    often = often.sort_values(["n_listeners", "item_id"], ascending=[False, True]).head(2 * n)
    often = often.assign(place=range(len(often)), block=3)[["item_id", "place", "block"]]
    filling = pd.DataFrame({"user_id": short}).merge(often, how="cross")
    return _first(pd.concat([chosen.drop(columns="number"), filling], ignore_index=True), n)


def _names(item_ids: pd.Series, lists: pd.DataFrame, items: pd.DataFrame | None) -> pd.Series:
    """``item_id`` -> "Title by Artist", or the title alone; items without a title are left out."""
    columns = ["item_id", "title", "artist"]
    sources = [lists[columns]] if items is None else [items[columns], lists[columns]]
    found = pd.concat([part[part["item_id"].isin(item_ids)] for part in sources])
    found = found[found["title"].notna()].drop_duplicates("item_id").set_index("item_id")
    by = found["artist"].map(lambda artist: "" if pd.isna(artist) else f" by {artist}")
    return found["title"].astype("object") + by.astype("object")


def _wide(chosen: pd.DataFrame, users: pd.Series, n: int) -> pd.DataFrame:
    ids = chosen.pivot(index="user_id", columns="number", values="item_id")
    titles = chosen.pivot(index="user_id", columns="number", values="title")
    is_number = pd.api.types.is_integer_dtype(chosen["item_id"])
    found = {}
    for number in range(1, n + 1):
        id_of = ids.get(number, pd.Series(dtype="object")).reindex(users).to_numpy()
        title_of = titles.get(number, pd.Series(dtype="object")).reindex(users).to_numpy()
        found[f"song_{number}"] = pd.Series(id_of, dtype="Int64" if is_number else "object")
        found[f"song_{number}_title"] = pd.Series(title_of, dtype="object")
    return pd.DataFrame(found).set_axis(users.index)
