"""The catalogue: songs with popularity, artist, genre, length and invented names.

Songs lie in the order of genre, then artist, so that "a song of this genre" and "a song of
this artist" are both a draw from one stretch of the cumulated popularity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenuto.simulation import _names
from tenuto.simulation._names import Names

# A larger service plays more of the long tail: 54 k songs were heard by 2,125 listeners,
# 316 k by 36,158 (section 4). The catalogue holds about twice what is heard.
FEWEST_SONGS, MOST_SONGS, SONGS_PER_LISTENER = 20_000, 600_000, 40
SONGS_PER_ARTIST = 12
N_GENRES = len(_names.GENRES)
GENRE_SHARES = np.array([24, 9, 8, 13, 7, 5, 7, 5, 6, 7, 5, 4]) / 100
# Popularity falls as rank^-0.65 at the head: .79, .51, .38 % of plays (section 4), of which
# 8.3 % are local files and belong to no song. The tail shares what is left, falling faster.
TOP_SHARE, HEAD, HEAD_POWER, TAIL_POWER = 0.0086, 2_000, 0.65, 0.8
LONG_ID_SHARE = 0.002  # real song ids reach 15 digits (K24)


@dataclass
class Popularity:
    """Which song is how popular: one entry per song; ``cumulated`` has one more, starting at 0.

    ``genre_start`` and ``artist_start`` are the first songs of each, with one entry more.
    """

    artist: np.ndarray
    cumulated: np.ndarray
    genre_start: np.ndarray
    artist_start: np.ndarray

    def __len__(self) -> int:
        return len(self.artist)

    def draw(self, start: np.ndarray, stop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One song from each stretch ``[start, stop)``, by popularity."""
        low, high = self.cumulated[start], self.cumulated[stop]
        point = low + rng.random(len(start)) * (high - low)
        song = np.searchsorted(self.cumulated, point, side="right") - 1
        return np.clip(song, start, stop - 1).astype(np.int32)

    def of_all(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` songs of the whole catalogue."""
        return self.draw(np.zeros(n, int), np.full(n, len(self)), rng)

    def of_genre(self, genre: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One song of each genre."""
        return self.draw(self.genre_start[genre], self.genre_start[genre + 1], rng)

    def of_artist(self, artist: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One song of each artist."""
        return self.draw(self.artist_start[artist], self.artist_start[artist + 1], rng)


@dataclass
class Songs(Popularity):
    """The songs with all that the logs say of them, one entry per song."""

    song_id: np.ndarray
    length_s: np.ndarray
    title: Names
    singer: Names


def make_songs(n_listeners: int, rng: np.random.Generator) -> Songs:
    """Draw a catalogue large enough for so many listeners."""
    n_songs = number_of_songs(n_listeners)
    n_artists = n_songs // SONGS_PER_ARTIST
    popularity = make_popularity(n_songs, n_artists, rng)
    return Songs(
        **vars(popularity),
        song_id=_song_ids(n_songs, rng),
        length_s=_lengths(n_songs, rng),
        title=_names.titles(n_songs, rng),
        singer=_singers(popularity.artist, n_artists, rng),
    )


def number_of_songs(n_listeners: int) -> int:
    """How many songs a service of that size has."""
    return min(FEWEST_SONGS + SONGS_PER_LISTENER * n_listeners, MOST_SONGS)


def make_popularity(
    n_songs: int, n_artists: int, rng: np.random.Generator, *, largest_artist: float = np.inf
) -> Popularity:
    """Spread songs over artists, artists over genres and plays over songs.

    ``largest_artist`` caps the number of an artist's songs, in multiples of the usual one's.
    """
    genre_of_artist = np.sort(
        np.append(np.arange(N_GENRES), rng.choice(N_GENRES, n_artists - N_GENRES, p=GENRE_SHARES))
    )
    artist = _artists_of_songs(n_songs, n_artists, largest_artist, rng)
    weight = rng.permutation(_popularity(n_songs))
    artist_start = np.searchsorted(artist, np.arange(n_artists + 1))
    first_artist = np.searchsorted(genre_of_artist, np.arange(N_GENRES + 1))
    return Popularity(
        artist=artist,
        cumulated=np.concatenate([[0.0], np.cumsum(weight)]),
        genre_start=artist_start[first_artist],
        artist_start=artist_start,
    )


def _popularity(n_songs: int) -> np.ndarray:
    rank = np.arange(1, n_songs + 1)
    head = TOP_SHARE * rank[:HEAD] ** -HEAD_POWER
    tail = rank[HEAD:] ** -TAIL_POWER
    return np.append(head, tail * (1.0 - head.sum()) / tail.sum())


def _artists_of_songs(
    n_songs: int, n_artists: int, largest: float, rng: np.random.Generator
) -> np.ndarray:
    """Sorted; every artist has a song, a few have hundreds."""
    size = np.minimum(rng.pareto(1.3, n_artists) + 0.1, largest)
    further = rng.choice(n_artists, n_songs - n_artists, p=size / size.sum())
    return np.sort(np.append(np.arange(n_artists), further)).astype(np.int32)


def _song_ids(n_songs: int, rng: np.random.Generator) -> np.ndarray:
    ids = np.cumsum(rng.integers(1, 150, n_songs)) + 50_000
    ids = rng.permutation(ids).astype(np.int64)
    long = rng.random(n_songs) < LONG_ID_SHARE
    ids[long] += 100_000_000_000_000
    return ids


def _lengths(n_songs: int, rng: np.random.Generator) -> np.ndarray:
    """Seconds: mostly three to five minutes, with ring tones and hour-long mixes."""
    usual = rng.normal(230, 54, n_songs)
    draw = rng.random(n_songs)
    usual = np.where(draw < 0.045, rng.uniform(15, 80, n_songs), usual)
    usual = np.where(draw > 0.96, rng.lognormal(6.25, 0.45, n_songs), usual)
    return np.clip(usual, 10, 4_452).astype(np.int32)


def _singers(artist: np.ndarray, n_artists: int, rng: np.random.Generator) -> Names:
    """The artist's name; one song in ten has a second artist behind ``&`` or ``;``."""
    names = _names.artists(n_artists, rng)
    guests = names.take(rng.integers(0, n_artists, len(artist)))
    blank = _names.tokens([""]).take(np.zeros(len(artist), int))
    draw = rng.random(len(artist))
    sign = np.where(draw < 0.07, 1, np.where(draw < 0.105, 2, 0))
    signs = _names.tokens(["", "&", ";"]).take(sign)
    guests = _names.choose(sign > 0, guests, blank)
    return names.take(artist).joined("", signs).joined("", guests)
