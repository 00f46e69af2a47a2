"""Which songs are heard, for how long, and how their names are written."""

from __future__ import annotations

from urllib.parse import unquote, unquote_plus

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.simulation import _activity
from tenuto.simulation._completion import played_seconds
from tenuto.simulation._day import World, make_world
from tenuto.simulation._listening import MEMORY
from tenuto.simulation._model import POPULATION
from tenuto.simulation._names import encodings


@pytest.fixture
def world() -> World:
    return make_world(POPULATION, n_listeners=200, seed=4)


def heard(world: World, n_days: int) -> pd.DataFrame:
    """One row per play: listener (a place), song (a place)."""
    days = []
    for day in range(n_days):
        for part in (1, 2, 3):
            rng = world.rng(day, part)
            activity = _activity.one_day(POPULATION, world.listeners, part, day, rng)
            song = world.listening.plays(activity, rng)
            row = np.repeat(activity.row, activity.n_plays)
            days.append(pd.DataFrame({"listener": row, "song": song}))
    return pd.concat(days)


def test_a_listener_who_only_repeats_hears_what_is_in_memory(world):
    """Everybody remembers 32 times the same two songs, different ones for each listener."""
    places = np.arange(len(world.listeners))[:, None]
    world.listening.memory[:] = 2 * places + np.arange(MEMORY) % 2
    world.listening.n_heard[:] = MEMORY
    world.listening.repeating[:] = 1.0
    plays = heard(world, n_days=5)
    assert len(plays) > 1_000
    assert (plays["song"] // 2 == plays["listener"]).all()


def test_the_first_song_is_new_even_to_a_listener_who_only_repeats(world):
    world.listening.repeating[:] = 1.0
    first = heard(world, n_days=5).groupby("listener")["song"].first()
    assert first.nunique() > 0.8 * len(first)


def test_a_listener_who_never_repeats_seldom_hears_a_song_twice(world):
    world.listening.repeating[:] = 0.0
    plays = heard(world, n_days=5)
    assert plays.duplicated().mean() < 0.35


def test_listeners_prefer_the_genres_of_their_taste(world):
    world.listening.repeating[:] = 0.0
    plays = heard(world, n_days=5)
    genre = np.searchsorted(world.songs.genre_start, plays["song"], side="right") - 1
    first_taste = world.listening.tastes[plays["listener"], 0]
    by_chance = (np.bincount(genre, minlength=12) / len(genre)) @ (
        np.bincount(first_taste, minlength=12) / len(genre)
    )
    assert (genre == first_taste).mean() > by_chance + 0.2


def test_a_song_is_played_for_at_most_a_second_more_than_its_length():
    rng = np.random.default_rng(1)
    length_s = rng.integers(1, 4_000, 5_000)
    over = played_seconds(length_s, rng.random(5_000), rng) - length_s
    assert over.max() == 1
    assert (over + length_s).min() == 0


def test_those_who_like_to_finish_finish_more():
    length_s = np.full(4_000, 200)
    shares = [
        (played_seconds(length_s, np.full(4_000, way), np.random.default_rng(1)) >= 160).mean()
        for way in (0.1, 0.5, 0.9)
    ]
    assert shares == pytest.approx([0.106, 0.386, 0.666], abs=0.03)


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_every_name_can_be_read_back_from_a_query(text):
    plain, android, iphone = encodings(text)
    assert plain == text
    assert unquote_plus(android) == text
    assert unquote(iphone) == text


def test_the_two_telephones_spell_a_title_as_the_real_ones_do():
    """V6 as %56%36 and 韩红 as %E9%9F%A9%E7%BA%A2: section 2.2 of the reference."""
    assert encodings("V6")[1:] == ("V6", "%56%36")
    assert encodings("韩红")[1:] == ("%E9%9F%A9%E7%BA%A2", "%e9%9f%a9%e7%ba%a2")
    assert encodings("a  b")[1:] == ("a++b", "%61%20%20%62")
