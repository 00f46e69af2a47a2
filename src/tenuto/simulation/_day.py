"""One day of one part: who listens, to which songs, at what second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenuto.simulation import _activity
from tenuto.simulation._activity import Activity
from tenuto.simulation._completion import played_seconds
from tenuto.simulation._faults import DOWN, PLAY, SEARCH
from tenuto.simulation._listeners import Listeners, make_listeners
from tenuto.simulation._listening import Listening
from tenuto.simulation._model import Model
from tenuto.simulation._records import Events
from tenuto.simulation._songs import Songs, make_songs

SECONDS_PER_EVENT = 170
OTHER_DEVICE_SHARE = 0.3  # of the events of a listener with two devices


@dataclass
class World:
    """All that stays from day to day."""

    model: Model
    listeners: Listeners
    songs: Songs
    listening: Listening
    seed: int

    def rng(self, *purpose: int) -> np.random.Generator:
        """A generator of its own for each purpose, so that switching dirt off changes no event."""
        return np.random.default_rng([self.seed, *purpose])


def make_world(model: Model, n_listeners: int, seed: int) -> World:
    """Draw catalogue, listeners and tastes; they depend on these arguments alone."""
    songs = make_songs(n_listeners, np.random.default_rng([seed, 1]))
    listeners = make_listeners(model, n_listeners, np.random.default_rng([seed, 2]))
    listening = Listening(songs, listeners, np.random.default_rng([seed, 3]))
    return World(model, listeners, songs, listening, seed)


def one_day(world: World, part: int, day: int) -> tuple[Activity, dict[str, Events]]:
    """The truth about the day, and the events of each log in the order of the clock.

    Days have to be asked for in their order, since listeners remember what they heard.
    """
    rng = world.rng(10, day, part)
    activity = _activity.one_day(world.model, world.listeners, part, day, rng)
    song = world.listening.plays(activity, rng)
    logs = {PLAY: _plays(world, activity, song, rng)}
    for kind, count in ((DOWN, activity.n_downloads), (SEARCH, activity.n_searches)):
        wanted = world.listening.downloads_or_searches(activity, count, song, rng)
        logs[kind] = _events(world, activity, count, wanted, rng)
    by_time = {kind: np.argsort(events.second, kind="stable") for kind, events in logs.items()}
    return activity, {kind: events.take(by_time[kind]) for kind, events in logs.items()}


def _plays(world: World, activity: Activity, song: np.ndarray, rng: np.random.Generator) -> Events:
    plays = _events(world, activity, activity.n_plays, song, rng)
    finishing = world.listeners.finishing[plays.row]
    plays.further["played_s"] = played_seconds(world.songs.length_s[song], finishing, rng)
    plays.further["is_local"] = rng.random(len(plays)) < world.listeners.local_share[plays.row]
    return plays


def _events(
    world: World,
    activity: Activity,
    count: np.ndarray,
    song: np.ndarray,
    rng: np.random.Generator,
) -> Events:
    row = np.repeat(activity.row, count)
    device = world.listeners.device[row]
    is_other = world.listeners.has_two_devices[row] & (rng.random(len(row)) < OTHER_DEVICE_SHARE)
    device = np.where(is_other, 1 - device, device)
    return Events(row, song, device, _seconds(activity, count, rng))


def _seconds(activity: Activity, count: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Second of the day of each event: spread over a listening time that ends by midnight."""
    start = np.repeat(activity.start_second, count)
    lasting = np.repeat(activity.n_events() * SECONDS_PER_EVENT, count)
    room = np.minimum(lasting, _activity.DAY_S - start)
    return (start + rng.random(len(start)) * room).astype(np.int64)
