"""What each listener likes: some genres, some artists; the charts are for everybody."""

from __future__ import annotations

import numpy as np

from tenuto.simulation._songs import N_GENRES, Popularity

TASTE_SHARES = (0.62, 0.25, 0.13)  # of first, second and third genre
N_FAVOURITES = 4
FAVOURITE_SHARE = 0.35  # of new songs, by one of the listener's favourite artists
CHART_SHARE = 0.3  # of new songs, heard because everybody hears them


class Tastes:
    """Tastes of all listeners.

    ``tastes`` holds three genres per listener, ``favourites`` four artists of those genres.
    """

    def __init__(self, songs: Popularity, n_listeners: int, rng: np.random.Generator):
        n, genre_weight = n_listeners, np.diff(songs.cumulated[songs.genre_start])
        self.songs = songs
        self.tastes = rng.choice(N_GENRES, (n, len(TASTE_SHARES)), p=genre_weight).astype(np.int8)
        self.favourites = np.empty((n, N_FAVOURITES), dtype=np.int32)
        for place in range(N_FAVOURITES):
            liked = songs.of_genre(self._genres(np.arange(n), rng), rng)
            self.favourites[:, place] = songs.artist[liked]

    def new_songs(self, row: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A song to the taste of each listener ``row``, heard before or not."""
        song = self.songs.of_genre(self._genres(row, rng), rng)
        by_favourite = np.flatnonzero(rng.random(len(row)) < FAVOURITE_SHARE)
        fan = row[by_favourite]
        artist = self.favourites[fan, rng.integers(0, N_FAVOURITES, len(fan))]
        song[by_favourite] = self.songs.of_artist(artist, rng)
        of_charts = np.flatnonzero(rng.random(len(row)) < CHART_SHARE)
        song[of_charts] = self.songs.of_all(len(of_charts), rng)
        return song

    def likes(self, row: np.ndarray, song: np.ndarray) -> np.ndarray:
        """Whether each song is of a genre, or by an artist, that the listener ``row`` likes."""
        genre = np.searchsorted(self.songs.genre_start, song, side="right") - 1
        of_genre = (self.tastes[row] == genre[:, None]).any(axis=1)
        by_favourite = (self.favourites[row] == self.songs.artist[song][:, None]).any(axis=1)
        return of_genre | by_favourite

    def _genres(self, row: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        place = np.searchsorted(np.cumsum(TASTE_SHARES)[:-1], rng.random(len(row)), side="right")
        return self.tastes[row, place].astype(np.int64)
