"""The pages of each place of a sitting, in order, and the rows of the log they make.

A place's span is cut into ``ORDERS`` slices; a page's order says in which of them it is seen.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from tenuto.simulation._accounts import CANCEL, DOWNGRADE, NOTHING, UPGRADE
from tenuto.simulation._pages import CANCELLED, GUEST, LOGGED_OUT, number_of
from tenuto.simulation._sittings import Places, Service, Sittings
from tenuto.simulation._subscription_model import FREE, PAID

ORDERS = 32
MOVE_AT, MOVED_AT, GOING_AT = 20, 21, 30
# Pages per song, S3-D3. Of songs, 24 % are on the free plan (generator's logs), where the
# adverts and nearly all visits to Upgrade are; Downgrade is seen on the paid plan.
N_SONGS, FREE_SONGS = 228_108, 0.24
ADVERT = (0.066, 0.001)  # free, paid: 3,933 in all; paid from the generator's usual setting
UPGRADE_PAGE = (499 - 159) / N_SONGS / FREE_SONGS
DOWNGRADE_PAGE = (2_055 - 63) / N_SONGS / (1 - FREE_SONGS)
PLAYLIST, FRIEND = 6_526 / N_SONGS, 4_277 / N_SONGS
HELP, ABOUT, SETTINGS = 1_300 / N_SONGS, 480 / N_SONGS, 1_514 / N_SONGS  # logged in
SAVE_SHARE = 310 / 1_514  # of the visits to Settings
ERROR, HOME = 200 / N_SONGS, 3_100 / N_SONGS  # Home: beside those after opening and login
LOGOUT = 2_900 / N_SONGS  # logged in again at once; others log out as they go
# Pages seen per time logged out, beside Home and Login (generator's logs).
OUT = {"Home": 0.37, "About": 0.15, "Help": 0.08, "Error": 0.004}
GOING_SHARE = 0.1  # of the sittings that end with Logout; arbitrary
GUEST_SHARE = 0.3  # of the sign-ups that look at another page first; arbitrary
# Changes of these chances by a full drift; arbitrary but for the signs.
DRIFT = {"advert": 1.2, "error": 5.0, "help": 5.0, "settings": 1.0, "sharing": -0.4}
GIVEN_UP = 0.002  # per song of a full drift: Cancel that ends in an error and is left at that
FAILED_SHARE = 0.08  # of the cancellations that need a second try; arbitrary


@dataclass
class Events:
    """Rows of the log, one entry each; ``song`` is -1 where none is played.

    ``second`` counts from the first log day, ``item`` from 0 within the session.
    """

    second: np.ndarray
    row: np.ndarray
    session_id: np.ndarray
    item: np.ndarray
    page: np.ndarray
    plan: np.ndarray
    song: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    def take(self, index) -> Events:
        """The events at these places."""
        return Events(*(getattr(self, each.name)[index] for each in fields(self)))

    def followed_by(self, other: Events) -> Events:
        """These events, then the others."""
        names = [each.name for each in fields(self)]
        pairs = [(getattr(self, name), getattr(other, name)) for name in names]
        return Events(*(np.concatenate(pair) for pair in pairs))


class _Visits:
    """Gathers (place, order, page) while the pages of a day are drawn."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng
        self.found: list[np.ndarray] = []

    def draw(self, chance: np.ndarray) -> np.ndarray:
        """The places at which something of that chance happens."""
        return np.flatnonzero(self.rng.random(len(chance)) < chance)

    def add(self, places: np.ndarray, order: int, page: int) -> None:
        key = np.asarray(places, dtype=np.int64) * ORDERS + order
        self.found.append(np.stack([key, np.full(len(key), page)]))

    def some(self, places: np.ndarray, share: float) -> np.ndarray:
        """About so many of the places."""
        return places[self.rng.random(len(places)) < share]

    def in_order(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """place, order and page of all visits."""
        key, page = np.concatenate(self.found, axis=1)
        by_key = np.argsort(key, kind="stable")
        return key[by_key] // ORDERS, key[by_key] % ORDERS, page[by_key].astype(np.int8)


def events_of(
    service: Service, sittings: Sittings, places: Places, rng: np.random.Generator
) -> Events:
    """All rows that the sittings make, sitting by sitting in the order of the clock."""
    visits = _Visits(rng)
    _openings(service, sittings, places, visits)
    _listening(service, sittings, places, visits)
    _asking(sittings, places, visits)
    _logging_out(places, visits)
    _moves(sittings, places, visits)
    _goings(service, sittings, places, visits)
    place, order, page = visits.in_order()
    slice_s = places.span[place] / ORDERS
    # A song starts on the dot, and so does an opening; other pages anywhere in their slice.
    is_exact = (order == 0) | (places.rank[place] == 0)
    within = order + np.where(is_exact, 0.0, rng.random(len(place)))
    return Events(
        second=np.floor(places.start[place] + slice_s * within).astype(np.int64),
        row=places.row[place],
        page=page,
        plan=_plans(sittings, places, place, order),
        song=np.where((page == number_of("NextSong")), places.song[place], -1),
        **_sessions(service, sittings, places, place),
    )


def _openings(service: Service, sittings: Sittings, places: Places, visits: _Visits) -> None:
    """The first rows: signing up, logging in again, or Home."""
    opening = np.flatnonzero(places.rank == 0)
    new, known = opening[sittings.is_sign_up], opening[~sittings.is_sign_up]
    back = opening[service.is_logged_out[sittings.row]]
    service.is_logged_out[sittings.row] = False
    visits.add(known, 16, number_of("Home"))
    visits.add(back, 0, number_of("Home", LOGGED_OUT))
    visits.add(back, 8, number_of("Login", LOGGED_OUT))
    visits.add(new, 0, number_of("Home", GUEST))
    for order, name in ((4, "Help"), (8, "About")):
        visits.add(visits.some(new, GUEST_SHARE), order, number_of(name, GUEST))
    visits.add(new, 12, number_of("Register", GUEST))
    visits.add(new, 24, number_of("Submit Registration", GUEST))
    visits.add(new, 28, number_of("Home"))


def _listening(service: Service, sittings: Sittings, places: Places, visits: _Visits) -> None:
    """Songs, and the pages that go with them."""
    people, row = service.people, places.row
    depth, once = sittings.depth[places.sitting], (places.rank > 0).astype(float)
    is_free = (sittings.plan[places.sitting] == FREE) != places.moved_before
    sharing = once * people.sharing[row] * (1 + DRIFT["sharing"] * depth)
    advert = once * np.where(is_free, *ADVERT) * people.adverts[row] * (1 + DRIFT["advert"] * depth)
    visits.add(np.flatnonzero(places.rank > 0), 0, number_of("NextSong"))
    visits.add(visits.draw(advert), 1, number_of("Roll Advert"))
    visits.add(np.flatnonzero(places.is_up), 2, number_of("Thumbs Up"))
    visits.add(np.flatnonzero(places.is_down), 3, number_of("Thumbs Down"))
    visits.add(visits.draw(PLAYLIST * sharing), 4, number_of("Add to Playlist"))
    visits.add(visits.draw(FRIEND * sharing), 5, number_of("Add Friend"))
    visits.add(visits.draw(UPGRADE_PAGE * once * is_free), 6, number_of("Upgrade"))
    visits.add(visits.draw(DOWNGRADE_PAGE * once * ~is_free), 6, number_of("Downgrade"))
    error = once * ERROR * people.erring[row] * (1 + DRIFT["error"] * depth)
    visits.add(visits.draw(error), 11, number_of("Error"))
    visits.add(visits.draw(HOME * once), 12, number_of("Home"))


def _asking(sittings: Sittings, places: Places, visits: _Visits) -> None:
    """Pages for whoever wants to know or to change something, or to be gone for a moment."""
    depth, once = sittings.depth[places.sitting], (places.rank > 0).astype(float)
    visits.add(visits.draw(HELP * once * (1 + DRIFT["help"] * depth)), 7, number_of("Help"))
    visits.add(visits.draw(ABOUT * once), 8, number_of("About"))
    settings = visits.draw(SETTINGS * once * (1 + DRIFT["settings"] * depth))
    visits.add(settings, 9, number_of("Settings"))
    visits.add(visits.some(settings, SAVE_SHARE), 10, number_of("Save Settings"))
    # The last place has a Cancel of its own.
    given_up = visits.draw(GIVEN_UP * once * depth * (places.move_here != CANCEL))
    visits.add(given_up, 13, number_of("Cancel"))
    visits.add(given_up, 14, number_of("Error"))


def _logging_out(places: Places, visits: _Visits) -> None:
    """Out, around as nobody, and in again, all within a song."""
    out = visits.draw(LOGOUT * (places.rank > 0))
    visits.add(out, 15, number_of("Logout"))
    visits.add(out, 16, number_of("Home", LOGGED_OUT))
    for name, share in OUT.items():
        visits.add(visits.some(out, share), 17, number_of(name, LOGGED_OUT))
    visits.add(out, 18, number_of("Login", LOGGED_OUT))
    visits.add(out, 19, number_of("Home"))


def _moves(sittings: Sittings, places: Places, visits: _Visits) -> None:
    """Upgrades, downgrades and cancellations; the latter from a page that offers them."""
    for move, page in ((UPGRADE, "Upgrade"), (DOWNGRADE, "Downgrade")):
        here = np.flatnonzero(places.move_here == move)
        visits.add(here, MOVE_AT, number_of(page))
        visits.add(here, MOVED_AT, number_of(f"Submit {page}"))
        visits.add(here, MOVED_AT + 1, number_of("Home"))
    here = np.flatnonzero(places.move_here == CANCEL)
    is_paid = sittings.plan[places.sitting[here]] == PAID
    from_settings = visits.rng.random(len(here)) < 0.5
    visits.add(here[from_settings], MOVE_AT, number_of("Settings"))
    visits.add(here[~from_settings & is_paid], MOVE_AT, number_of("Downgrade"))
    visits.add(here[~from_settings & ~is_paid], MOVE_AT, number_of("Roll Advert"))
    failed = visits.some(here, FAILED_SHARE)
    visits.add(failed, MOVE_AT + 1, number_of("Cancel"))
    visits.add(failed, MOVE_AT + 2, number_of("Error"))
    visits.add(here, MOVE_AT + 3, number_of("Cancel"))
    visits.add(here, MOVE_AT + 4, number_of("Cancellation Confirmation", CANCELLED))


def _goings(service: Service, sittings: Sittings, places: Places, visits: _Visits) -> None:
    """Remember when each listener is free again; some log out as they go."""
    last = np.flatnonzero(np.append(places.sitting[1:] != places.sitting[:-1], True)[: len(places)])
    service.busy_until[places.row[last]] = np.ceil(places.start[last] + places.span[last])
    going = visits.some(last[sittings.move != CANCEL], GOING_SHARE)
    visits.add(going, GOING_AT, number_of("Logout"))
    service.is_logged_out[places.row[going]] = True


def _plans(sittings: Sittings, places: Places, place: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The plan of each row: the row that submits a change still has the old one."""
    here = (places.move_here[place] != NOTHING) & (order > MOVED_AT)
    is_changed = (places.moved_before[place] | here) & (
        sittings.move[places.sitting[place]] < CANCEL
    )
    plan = sittings.plan[places.sitting[place]]
    return np.where(is_changed, 1 - plan, plan).astype(np.int8)


def _sessions(service: Service, sittings: Sittings, places: Places, place: np.ndarray):
    """Session and item number of each row; a break ends a session."""
    had_break = np.zeros(len(sittings), dtype=np.int64)
    had_break[places.sitting[places.is_second]] = 1
    before = service.session_id[sittings.row]
    service.session_id[sittings.row] = before + 1 + had_break
    key = places.sitting * 2 + places.is_second
    of_row = key[place]
    row_number = np.arange(len(place))
    is_first = np.append(True, of_row[1:] != of_row[:-1])[: len(place)]
    item = row_number - np.maximum.accumulate(np.where(is_first, row_number, 0))
    session_id = (before[places.sitting] + 1 + places.is_second)[place]
    return {"session_id": session_id, "item": item}
