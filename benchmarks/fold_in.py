"""How long one listener waits for a list after a new play: median and p99 at 50,000 songs.

    python benchmarks/fold_in.py --songs 50000 --members als ials item_knn popularity replay

Each answer is one public call, `recommend_new`, with one listener's whole history, the new play in
it. No model is fitted again. Listeners are made: some 60 songs each, songs as popular as in a
power law, and every song is known to somebody.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _timing import Timing, write_timings

from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._interactions import Interactions
from tenuto.recommenders._plays import interactions_of

MEMBERS = ("als", "ials", "item_knn", "popularity", "replay")
N_WARM, PAUSE_S = 20, 0.01
#: Few rounds: an answer takes as long from good factors as from poor ones.
SETTINGS = {"als": {"epochs": 2}, "ials": {"epochs": 2}, "nmf": {"epochs": 5}}


def main(arguments: list[str] | None = None) -> None:
    """Parse, make listeners, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--songs", type=int, default=50_000)
    parser.add_argument("--listeners", type=int, default=5_000)
    parser.add_argument("--answers", type=int, default=300)
    parser.add_argument("--members", nargs="+", default=list(MEMBERS))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results.json"))
    asked = parser.parse_args(arguments)
    known = made_listeners(asked.listeners, asked.songs)
    print(
        f"| member | median, ms | p99, ms | at {asked.songs:,} songs |\n| --- | --- | --- | --- |"
    )
    timings = []
    for name in asked.members:
        model = CATALOGUE.get(name).Model(**SETTINGS.get(name, {})).fit(known)
        # Own songs are what replay is for; the others are asked for new ones.
        timing = answers(model, asked.answers, exclude_heard=name != "replay")
        median, slow = np.percentile(timing.runs_s, [50, 99]) * 1000
        print(
            f"| {name} | {median:.2f} | {slow:.2f} | {timing.processor_s * 1000:.2f} |", flush=True
        )
        timings.append(timing)
    facts = {"songs": asked.songs, "listeners": asked.listeners}
    write_timings(asked.out, "fold_in", timings, facts)


def made_listeners(n_listeners: int, n_songs: int, seed: int = 0) -> Interactions:
    """A service with every song heard by somebody."""
    rng = np.random.default_rng(seed)
    chance = 1.0 / np.arange(1, n_songs + 1) ** 0.8
    n_plays = 60 * n_listeners
    song = rng.choice(n_songs, n_plays, p=chance / chance.sum())
    plays = pd.DataFrame(
        {
            "user_id": np.r_[rng.integers(n_listeners, size=n_plays), np.arange(n_songs)]
            % n_listeners,
            "item_id": np.r_[song, np.arange(n_songs)],
        }
    )
    plays["at"] = pd.Timestamp("2017-04-29") - pd.to_timedelta(
        rng.integers(1, 30 * 86_400, len(plays)), "s"
    )
    return interactions_of(plays, time="at", cutoff=pd.Timestamp("2017-04-29"))


def answers(model: Recommender, n_answers: int, *, exclude_heard: bool) -> Timing:
    """Each for another listener, with a pause before it, as requests come."""
    waits, processor_s = [], 0.0
    for number in range(N_WARM + n_answers):
        pairs = with_new_play(model, number % len(model.user_ids), number)
        time.sleep(PAUSE_S)
        worked, began = time.process_time(), time.perf_counter()
        model.recommend_new(pairs, 10, exclude_heard=exclude_heard)
        waits.append(time.perf_counter() - began)
        processor_s += time.process_time() - worked
    name = f"an answer of {model.name()}"
    return Timing(name, waits[N_WARM:], processor_s / len(waits))


def with_new_play(model: Recommender, row: int, number: int) -> pd.DataFrame:
    """The history of one listener of the fit, and one song more."""
    history = model.histories_of(model.user_ids[[row]])
    new = (number * 7_919) % len(model.item_ids)
    kept = history.item != new
    return pd.DataFrame(
        {
            "user_id": model.user_ids[row],
            "item_id": model.item_ids.take(np.append(history.item[kept], new)),
            "preference": np.append(history.preference[kept], 1.0),
            "last_played_age": np.append(history.last_played_age[kept], 0.01),
            "n_plays": np.append(history.n_plays[kept], 1.0),
            "activation": np.append(history.activation[kept], 10.0),
        }
    )


if __name__ == "__main__":
    main()
