"""The subscription service's songs: invented Latin names, some with accents, as JSON values.

A song has no id in these logs: artist and title name it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenuto.simulation._names import SYLLABLES
from tenuto.simulation._songs import Popularity, make_popularity, number_of_songs

LARGEST_ARTIST = 12.0  # keeps the first artist near 1 % of plays; 2 % in eventsim logs
SONGS_PER_ARTIST = 6  # arbitrary; 3.3 of them were heard by 225 listeners (S3-D1)
ACCENTED = ("jö", "né", "ño", "å", "éla", "mü", "çao", "sø")
VERSIONS = ("", "", "", "", "", " (Album Version)", " (Live)", ' (12" Mix)', " / Intro")
# Section 2.5: mean 249.1, standard deviation 99.2, from .78 to 3,024.7 seconds.
MEAN_LENGTH_S, SD_LENGTH_S, SHORTEST_S, LONGEST_S = 249.1, 99.2, 0.78, 3_024.7
SHORT_SHARE = 0.002  # arbitrary: skits and noises
FIELDS = ("artist", "song", "length")


@dataclass
class WesternSongs(Popularity):
    """Songs with what the logs say of them; one entry per song."""

    title: pa.Array
    singer: pa.Array
    length_s: np.ndarray

    def json_values(self, *, ascii_only: bool, garbled: bool) -> dict[str, pa.Array]:
        """artist, song and length as they stand in a line."""
        return {
            "artist": _encoded(self.singer, ascii_only, garbled),
            "song": _encoded(self.title, ascii_only, garbled),
            "length": pa.array([repr(length) for length in self.length_s.tolist()]),
        }


def make_western_songs(n_listeners: int, rng: np.random.Generator) -> WesternSongs:
    """Draw a catalogue large enough for so many listeners."""
    n_songs = number_of_songs(n_listeners)
    n_artists = n_songs // SONGS_PER_ARTIST
    popularity = make_popularity(n_songs, n_artists, rng, largest_artist=LARGEST_ARTIST)
    versions = pa.array(VERSIONS).take(pa.array(rng.integers(0, len(VERSIONS), n_songs)))
    titles = _titles(n_songs, rng)
    return WesternSongs(
        **vars(popularity),
        title=pc.binary_join_element_wise(titles, versions, ""),
        singer=_singers(n_artists, rng).take(pa.array(popularity.artist)),
        length_s=_lengths(n_songs, rng),
    )


def garble(text: str) -> str:
    """UTF-8 read as Latin-1: Björk becomes BjÃ¶rk (section 2.5)."""
    return text.encode("utf-8").decode("latin-1")


def _encoded(texts: pa.Array, ascii_only: bool, garbled: bool) -> pa.Array:
    words = cast(list[str], texts.to_pylist())
    if garbled:
        words = [word if word.isascii() else garble(word) for word in words]
    encode = json.JSONEncoder(ensure_ascii=ascii_only).encode
    return pa.array([encode(word) for word in words])


def _singers(n: int, rng: np.random.Generator) -> pa.Array:
    """Pairs of words, no two the same: a name is all that tells artists apart."""
    words = pa.array(_words())
    pair = rng.choice(len(words) ** 2, n, replace=False)
    first, second = np.divmod(pair, len(words))
    return pc.binary_join_element_wise(words.take(first), words.take(second), " ")


def _titles(n: int, rng: np.random.Generator) -> pa.Array:
    words = pa.array(_words())
    name = words.take(pa.array(rng.integers(0, len(words), n)))
    for _ in range(3):
        longer = pc.binary_join_element_wise(
            name, words.take(pa.array(rng.integers(0, len(words), n))), " "
        )
        name = pc.if_else(pa.array(rng.random(n) < 0.6), longer, name)
    return name


def _words() -> list[str]:
    plain = [(a + b).capitalize() for a in SYLLABLES for b in SYLLABLES]
    return plain + [(a + b).capitalize() for a in ACCENTED for b in SYLLABLES[:6]]


def _lengths(n: int, rng: np.random.Generator) -> np.ndarray:
    shape = (MEAN_LENGTH_S / SD_LENGTH_S) ** 2
    usual = rng.gamma(shape, MEAN_LENGTH_S / shape, n)
    short = np.where(rng.random(n) < SHORT_SHARE, rng.uniform(SHORTEST_S, 30, n), usual)
    return np.clip(short, SHORTEST_S, LONGEST_S).round(5)
