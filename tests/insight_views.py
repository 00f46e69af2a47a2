"""Views of small invented services, for tests of the insights."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from service import CUTOFF, day_before, did, played, timeline_of
from tenuto.engines import Engine
from tenuto.insights import View
from tenuto.sources import musicbox

HORIZON_DAYS = 14
#: A source that also tells plans and cancellations.
WITH_PLANS = SimpleNamespace(
    PRECISION="second",
    USER_ID="int64",
    ITEM_ID="int64",
    ACTIONS=("play", "download", "upgrade", "downgrade", "cancel"),
    KNOWS=frozenset({"timestamp", "played_s", "length_s", "device", "is_paid", "artist"}),
)


def view_of(
    engine: Engine, folder: Path, events: Iterable[dict], *, source=musicbox, **known
) -> View:
    """The view at `CUTOFF` of a service that did ``events``; ``known`` are fields of the view."""
    # The day before the cutoff is there even if nobody came: the log is not shorter for it.
    timeline = timeline_of(engine, folder, events, day_before(1), source=source)
    fields = {"horizon_days": HORIZON_DAYS, "label": "inactivity", **known}
    return View(engine, timeline, CUTOFF, **fields)


def a_service(n_listeners: int = 160, first_ago: int = 44) -> list[dict]:
    """What listeners of three kinds do: often and short, seldom and long, and downloading.

    A third leaves for good on some day, a few come back after three weeks, some have iPhones.
    """
    rng = np.random.default_rng(1)
    events = []
    for user in range(1, n_listeners + 1):
        chance, n_songs, downloads = ((0.6, 2, 0), (0.2, 9, 0), (0.4, 4, 6))[user % 3]
        device = "iphone" if user % 5 == 0 else "android"
        start = first_ago if user % 4 else int(rng.integers(first_ago // 2, first_ago))
        leaves = int(rng.integers(1, start)) if rng.random() < 0.4 else 0
        pause = range(24, 3, -1) if user % 11 == 0 else ()
        for ago in range(start, leaves, -1):
            if ago not in pause and (ago == start or rng.random() < chance):
                songs = rng.integers(1, 40, n_songs)
                known = {"device": device, "artist": f"Singer {user % 3}"}
                events += [
                    played(
                        user, ago, seconds=float(rng.choice([0, 60, 200])), item=int(song), **known
                    )
                    for song in songs
                ]
                events += [did(user, "download", ago, **known)] * int(rng.poisson(downloads))
    return events


def scores_of(view: View, *, plans: bool = False) -> pd.DataFrame:
    """Probabilities that rise with the days since the last event, for everybody seen."""
    days = view.frame(view.past.table("user_days"))
    seen = days.groupby("user_id")["age_days"].min().sort_index()
    scores = pd.DataFrame(
        {
            "user_id": seen.index,
            "probability": 1 - 1 / (1 + seen.to_numpy() / 10),
            "is_active_14d": seen.to_numpy() <= 14,
        }
    )
    if plans:
        n = len(scores)
        scores = scores.assign(
            is_paid=np.arange(n) % 2,
            probability_upgrades=0.2,
            probability_downgrades=0.1,
            probability_cancels=0.05,
            probability_stays=0.65,
        )
    return scores


def outcomes_of(scores: pd.DataFrame, model: str) -> pd.DataFrame:
    """The scores as those of a test in which the less likely half stayed."""
    p = scores["probability"]
    columns = {f"probability_{model}": p, "y": (p > p.median()).astype(int)}
    return scores.drop(columns="probability").assign(**columns)
