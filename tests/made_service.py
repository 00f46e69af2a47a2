"""A small service whose listeners have tastes, play by play, for tests of freshness."""

import numpy as np
import pandas as pd

from tenuto.recommenders._plays import interactions_of

CUTOFF = pd.Timestamp("2017-04-29")
N_TASTES = 8


def plays_of_a_service(n_listeners=300, n_songs=240, n_each=30, seed=0):
    """One row per play; a listener mostly keeps to the songs of one taste."""
    rng = np.random.default_rng(seed)
    size = n_songs // N_TASTES
    popular = 1.0 / np.arange(1, size + 1) ** 0.7
    within = rng.choice(size, (n_listeners, n_each), p=popular / popular.sum())
    usual = np.arange(n_listeners)[:, None] % N_TASTES
    strays = rng.random(within.shape) < 0.2
    taste = np.where(strays, rng.integers(N_TASTES, size=within.shape), usual)
    song = (taste * size + within).ravel()
    age_s = rng.integers(86_400, 30 * 86_400, len(song))
    return pd.DataFrame(
        {
            "user_id": np.repeat([f"u{number:04d}" for number in range(n_listeners)], n_each),
            "item_id": [f"s{number:04d}" for number in song],
            "at": CUTOFF - pd.to_timedelta(age_s, "s"),
        }
    )


def known_from(plays):
    """What a recommender learns from them."""
    return interactions_of(plays, time="at", cutoff=CUTOFF, window_days=30)


def one_more_play(user, item, days_ago=0.5):
    return pd.DataFrame(
        {"user_id": [user], "item_id": [item], "at": [CUTOFF - pd.Timedelta(days=days_ago)]}
    )


def history_of(interactions, user):
    """The pairs of one listener, as for `recommend_new`."""
    row = interactions.user_ids.get_loc(user)
    one = interactions.histories.take([row])
    columns = ("preference", "last_played_age", "n_plays", "activation", "opinion")
    return pd.DataFrame(
        {"user_id": user, "item_id": interactions.item_ids.take(one.item)}
        | {name: getattr(one, name) for name in columns}
    )
