"""Who sits down on a day, when, and which songs are played; the pages between are in ``_visits``.

A sitting is what one listener does from coming to going. It is laid out as *places*: the
opening, then one place per song, each with a span of seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from tenuto.simulation._accounts import CANCEL, NOTHING, Accounts
from tenuto.simulation._subscribers import Subscribers
from tenuto.simulation._subscription_model import (
    FIRST_DAY,
    FREE,
    PAID,
    SubscriptionModel,
)
from tenuto.simulation._tastes import Tastes
from tenuto.simulation._western_songs import WesternSongs

DAY_S = 86_400
OPENING_S = 64
SIGN_UP_S = 48  # from the opening's start to Submit Registration
# Generator's logs: median 40 songs a session, nine in ten below 165, the longest near 900.
USUAL_SONGS, SONGS_SD, MOST_SONGS = 42, 1.0, 600
PLAN_SONGS = (0.8, 1.2)  # free, paid; arbitrary, with three quarters of all songs paid
DRIFT_SONGS = 0.4  # share of a sitting's songs that a full drift takes away; arbitrary
HOUR_SD = 2.5  # a listener's hours around the usual one; arbitrary
LONGEST_S = 16 * 3600  # so that a sitting is over before the next evening; arbitrary
LATEST_MOVE_S = 20 * 3600  # a move of the account has to fit into its day
BEFORE_MIDNIGHT_S = 1200
BETWEEN_S = 600
BREAK_SHARE = 0.15  # of the sittings, in two sessions; arbitrary
THUMBS_UP, THUMBS_DOWN = 12_551 / 228_108, 2_546 / 228_108  # per song, S3-D3
# Of songs to the listener's taste and of others. Arbitrary; four in five songs played are.
UP_BY_TASTE, DOWN_BY_TASTE = (0.25, 1.15), (1.95, 0.5)
DRIFT_UP, DRIFT_DOWN = -0.5, 4.0  # change of both by a full drift; arbitrary


@dataclass
class Service:
    """All that stays from day to day; the arrays have one entry per listener.

    ``busy_until`` is the second since the first log day at which the last sitting ended.
    """

    model: SubscriptionModel
    people: Subscribers
    accounts: Accounts
    songs: WesternSongs
    tastes: Tastes
    busy_until: np.ndarray
    session_id: np.ndarray
    is_logged_out: np.ndarray


@dataclass
class Sittings:
    """One entry per sitting, by listener; seconds count from the first log day.

    ``plan`` and ``drift`` are those at the start of the day; ``move`` is what the account does.
    """

    row: np.ndarray
    plan: np.ndarray
    depth: np.ndarray
    move: np.ndarray
    is_sign_up: np.ndarray
    start: np.ndarray
    longest_s: np.ndarray
    n_songs: np.ndarray

    def __len__(self) -> int:
        return len(self.row)


@dataclass
class Places:
    """One entry per place, sitting by sitting; ``song`` is -1 for an opening.

    ``is_second`` marks the places after a break. ``move_here`` is the account's move, made in
    the last place (to cancel) or in one of them; ``moved_before`` whether it is made already.
    """

    sitting: np.ndarray
    row: np.ndarray
    rank: np.ndarray
    song: np.ndarray
    is_up: np.ndarray
    is_down: np.ndarray
    start: np.ndarray
    span: np.ndarray
    is_second: np.ndarray
    move_here: np.ndarray
    moved_before: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    def take(self, kept: np.ndarray) -> Places:
        """The places that are kept."""
        return Places(*(getattr(self, each.name)[kept] for each in fields(self)))


def sittings_of(service: Service, day: int, rng: np.random.Generator) -> Sittings:
    """Move the accounts by a day and draw who comes; whose account moves, comes."""
    accounts, model, people = service.accounts, service.model, service.people
    rows, plan, drift = accounts.living(day), accounts.plan.copy(), accounts.drift.copy()
    move = accounts.step(day, rng)
    weekday = (FIRST_DAY.weekday() + day) % 7
    chance = model.activity(people.base_activity[rows], plan[rows], drift[rows], weekday)
    rows = rows[(rng.random(len(rows)) < chance) | (move[rows] != NOTHING)]
    rows = np.append(rows, np.flatnonzero(people.sign_up_day == day))
    start, longest_s = _clock(service, rows, move[rows], day, rng)
    depth = model.depth(drift[rows])
    return Sittings(
        row=rows,
        plan=plan[rows],
        depth=depth,
        move=move[rows],
        is_sign_up=people.sign_up_day[rows] == day,
        start=start,
        longest_s=longest_s,
        n_songs=_songs_wanted(people.log_songs[rows], plan[rows], depth, rng),
    )


def _clock(service: Service, rows, move, day: int, rng: np.random.Generator):
    """When each sitting begins, and for how many seconds it may last."""
    people = service.people
    hour = (people.hour[rows] + HOUR_SD * rng.standard_normal(len(rows))) % 24
    second = np.minimum(hour * 3600, np.where(move != NOTHING, LATEST_MOVE_S, DAY_S - 1))
    today = day * DAY_S
    start = np.maximum(today + second.astype(np.int64), service.busy_until[rows] + BETWEEN_S)
    registered = (people.registered_ms[rows] // 1000 % DAY_S) + today
    start = np.where(people.sign_up_day[rows] == day, registered - SIGN_UP_S, start)
    left_today = today + DAY_S - BEFORE_MIDNIGHT_S - start
    return start, np.where(move != NOTHING, left_today, LONGEST_S)


def _songs_wanted(log_songs, plan, depth, rng: np.random.Generator) -> np.ndarray:
    usual = USUAL_SONGS * np.where(plan == PAID, PLAN_SONGS[PAID], PLAN_SONGS[FREE])
    wanted = usual * np.exp(log_songs + SONGS_SD * rng.standard_normal(len(plan)))
    return np.minimum(wanted * (1.0 - DRIFT_SONGS * depth), MOST_SONGS).astype(np.int64)


def places_of(service: Service, sittings: Sittings, rng: np.random.Generator) -> Places:
    """Lay out the sittings: songs to the listeners' tastes, thumbs, times, moves."""
    sitting = np.repeat(np.arange(len(sittings)), sittings.n_songs + 1)
    row, rank = sittings.row[sitting], _ranks(sitting)
    is_song = rank > 0
    song = np.full(len(row), -1, dtype=np.int32)
    song[is_song] = service.tastes.new_songs(row[is_song], rng)
    is_up, is_down = _thumbs(service, sittings.depth[sitting], row, song, rng)
    span = np.where(is_song, service.songs.length_s[song], OPENING_S)
    # Arbitrary: a song that is turned down is left somewhere on the way.
    span = np.where(is_down, span * rng.random(len(row)), span)
    is_second, pause = _breaks(sittings, sitting, rank, rng)
    start = _starts(span + pause, rank) + pause
    nowhere = np.zeros(len(row), dtype=np.int8)
    places = Places(
        sitting, row, rank, song, is_up, is_down, start, span, is_second, nowhere, nowhere > 0
    )
    in_time = (rank == 0) | (start + span <= sittings.longest_s[sitting])
    return _with_moves(sittings, places.take(in_time), rng)


def _ranks(group: np.ndarray) -> np.ndarray:
    """0, 1, 2 … within each run of equal values."""
    event = np.arange(len(group))
    is_first = np.append(True, group[1:] != group[:-1])[: len(group)]
    return event - np.maximum.accumulate(np.where(is_first, event, 0))


def _starts(lasting: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Seconds from the sitting's start to each of its places."""
    before = np.cumsum(lasting) - lasting
    first = np.flatnonzero(rank == 0)
    return before - np.repeat(before[first], np.diff(np.append(first, len(rank))))


def _thumbs(service: Service, depth, row, song, rng: np.random.Generator):
    """Which songs get a thumb up, which one down; taste and temper decide."""
    likes = service.tastes.likes(row, song).astype(np.int8)
    up = THUMBS_UP * np.array(UP_BY_TASTE)[likes] * (1.0 + DRIFT_UP * depth)
    down = THUMBS_DOWN * np.array(DOWN_BY_TASTE)[likes] * (1.0 + DRIFT_DOWN * depth)
    draw = np.where(song >= 0, rng.random(len(row)), 1.0)
    is_up = draw < up * service.people.liking[row]
    return is_up, draw > 1.0 - np.where(song >= 0, down * service.people.disliking[row], 0.0)


def _breaks(sittings: Sittings, sitting, rank, rng: np.random.Generator):
    """Which places come after a break, and how long it is at the place where it is."""
    n = len(sittings)
    may_break = (sittings.move == NOTHING) & ~sittings.is_sign_up & (sittings.n_songs > 1)
    has_break = may_break & (rng.random(n) < BREAK_SHARE)
    at = 2 + (rng.random(n) * (sittings.n_songs - 1)).astype(np.int64)
    pause_s = np.clip(rng.lognormal(np.log(3600), 0.6, n), 1900, 4 * 3600)
    is_second = has_break[sitting] & (rank >= at[sitting])
    return is_second, np.where(is_second & (rank == at[sitting]), pause_s[sitting], 0.0)


def _with_moves(sittings: Sittings, places: Places, rng: np.random.Generator) -> Places:
    """Put each move into its place, and times on the clock."""
    n_places = np.bincount(places.sitting, minlength=len(sittings))
    somewhere = (rng.random(len(sittings)) * n_places).astype(np.int64)
    at = np.where(sittings.move == CANCEL, n_places - 1, somewhere)[places.sitting]
    move = sittings.move[places.sitting]
    places.move_here = np.where(places.rank == at, move, NOTHING)
    places.moved_before = (move != NOTHING) & (places.rank > at)
    places.start = places.start + sittings.start[places.sitting]
    return places
