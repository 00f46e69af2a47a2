"""Real lists for five real listeners, to be looked at: docs/five-listeners.md.

    python benchmarks/five_listeners.py --data ../shared/data

Last.fm 2K (HetRec): every listener's 50 most played artists are known, nothing is held out. The
five are chosen by how mainstream they are, not by how well their lists came out.
"""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from _five_words import ALTOGETHER, HEAD, JUDGED
from _public_sets import DATA, artist_names, hetrec

from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._plays import interactions_of

PAGE = Path("docs/five-listeners.md")
#: A blend where there is no time: members that need none.
MEMBERS = ("ials", "ease", "item_knn")
#: Of all listeners with 50 artists, from niche to mainstream.
PERCENTILES = (10, 30, 50, 70, 90)
N_ARTISTS = 50
N_OWN, K = 10, 10
UNSEEN = "*Not looked at yet"


def main(arguments: list[str] | None = None) -> None:
    """Fit, choose, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    pairs, names = hetrec(asked.data), artist_names(asked.data)
    model = CATALOGUE.get("blend").Model(members={name: {} for name in MEMBERS})
    model.fit(interactions_of(pairs, weight="weight"))
    five = five_of(pairs)
    members = ", ".join(f"`{name}`" for name in MEMBERS)
    percentiles = "th, ".join(map(str, PERCENTILES[:-1])) + f"th and {PERCENTILES[-1]}"
    parts = [HEAD.format(members=members, percentiles=percentiles)]
    parts += [section(user, percent, pairs, model, names) for percent, user in five.items()]
    if not any(UNSEEN in part for part in parts):
        parts.append(ALTOGETHER)
    asked.page.write_text("\n".join(parts), "utf-8")
    print(f"{asked.page} written")


def five_of(pairs: pd.DataFrame) -> dict[int, int]:
    """Percentile -> listener; ties go to the lower id."""
    heard_by = pairs["item_id"].map(pairs["item_id"].value_counts())
    of_user = np.log(heard_by).groupby(pairs["user_id"])
    whole = of_user.size() == N_ARTISTS
    order = of_user.mean()[whole].sort_index().sort_values(kind="stable").index
    return {percent: int(order[len(order) * percent // 100]) for percent in PERCENTILES}


def section(
    user: int, percent: int, pairs: pd.DataFrame, model: Recommender, names: pd.Series
) -> str:
    """What one listener plays, the list with its reasons, and what was thought of it."""
    own = pairs[pairs["user_id"] == user].sort_values(
        ["weight", "item_id"], ascending=[False, True]
    )
    lists = model.recommend([user], K, exclude_heard=True)
    why = model.explain(lists, names=names.to_dict())
    heard_by = pairs["item_id"].value_counts()
    played = ", ".join(
        f"{names[row.item_id]} ({row.weight:,.0f})" for row in own.head(N_OWN).itertuples()
    )
    rows = "\n".join(
        f"| {rank} | {names[item]} | {heard_by[item]} | {reason} |"
        for rank, item, reason in zip(lists["rank"], lists["item_id"], why["reason"], strict=True)
    )
    return (
        f"## Listener {user}: more mainstream than {percent} % of the others\n\n"
        f"Plays most (times): {played}.\n\n"
        f"| place | Discover | listeners | reason |\n| --- | --- | --- | --- |\n{rows}\n\n"
        f"{_thought(user, lists['item_id'])}\n"
    )


def seal(items: pd.Series) -> int:
    """A number that stands for a list and its order."""
    return zlib.crc32(" ".join(map(str, items)).encode())


def _thought(user: int, items: pd.Series) -> str:
    looked_at, said = JUDGED.get(user, (0, ""))
    found = seal(items)
    return said if looked_at == found else f"{UNSEEN} (list {found}).*"


if __name__ == "__main__":
    main()
