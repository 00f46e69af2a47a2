"""The subscribers: who they are, when they signed up, and what they are used to.

Nothing here depends on how many days are logged; what becomes of an account is in
``_accounts``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tenuto.simulation._activity import HOURS
from tenuto.simulation._subscription_model import FIRST_DAY, FREE, PAID, PLANS, SubscriptionModel

DAY_MS = 86_400_000
FIRST_DAY_MS = int(np.datetime64(FIRST_DAY, "ms").astype(np.int64))
FIRST_USER_ID = 2  # as in the published logs, whose 1 signs no event
FIRST_NAMES = (
    *("Ada", "Alma", "Bea", "Carla", "Dina", "Elsa", "Fay", "Gina", "Hana", "Ida"),
    *("Adam", "Ben", "Carl", "Dan", "Eli", "Finn", "Gus", "Hugo", "Ivan", "Jon"),
)
LAST_NAMES = (
    *("Archer", "Baker", "Carter", "Dyer", "Fisher", "Gardner", "Hunter", "Mason"),
    *("Miller", "Porter", "Sawyer", "Shepherd", "Smith", "Taylor", "Weaver", "Wright"),
)
PLACES = (
    *("New York-Newark-Jersey City, NY-NJ-PA", "Los Angeles-Long Beach-Anaheim, CA"),
    *("Chicago-Naperville-Elgin, IL-IN-WI", "Dallas-Fort Worth-Arlington, TX", "Boise City, ID"),
    *("Boston-Cambridge-Newton, MA-NH", "Phoenix-Mesa-Scottsdale, AZ", "Denver-Aurora, CO"),
    *("Seattle-Tacoma-Bellevue, WA", "Portland-Vancouver-Hillsboro, OR-WA", "Salinas, CA"),
    *("Atlanta-Sandy Springs-Roswell, GA", "Lubbock, TX", "San Juan-Carolina-Caguas, PR"),
)
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/36.0.1985.143 Safari/537.36"
# Some of them have quotes inside the string, in the published logs as here.
USER_AGENTS = (
    f'"Mozilla/5.0 (Windows NT 6.1; WOW64) {_CHROME}"',
    f'"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_4) {_CHROME}"',
    f'"Mozilla/5.0 (X11; Linux x86_64) {_CHROME}"',
    "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:31.0) Gecko/20100101 Firefox/31.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.9; rv:31.0) Gecko/20100101 Firefox/31.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
)
AGENT_SHARES = (0.32, 0.27, 0.04, 0.19, 0.1, 0.08)  # arbitrary


@dataclass
class Subscribers:
    """Columns of equal length, one entry per listener, in the order of signing up.

    ``sign_up_day`` counts from the first log day and is negative before it; ``frailty`` is
    standard normal. ``upgrading`` to ``erring`` are factors on the service's usual chances.
    """

    user_id: np.ndarray
    registered_ms: np.ndarray
    sign_up_day: np.ndarray
    first_plan: np.ndarray
    first_drift: np.ndarray
    frailty: np.ndarray
    upgrading: np.ndarray
    downgrading: np.ndarray
    base_activity: np.ndarray
    log_songs: np.ndarray
    hour: np.ndarray
    liking: np.ndarray
    disliking: np.ndarray
    sharing: np.ndarray
    adverts: np.ndarray
    erring: np.ndarray
    first_name: np.ndarray
    last_name: np.ndarray
    gender: np.ndarray
    place: np.ndarray
    user_agent: np.ndarray

    def __len__(self) -> int:
        return len(self.user_id)


def make_subscribers(
    model: SubscriptionModel, n_listeners: int, sign_up_days: int, rng: np.random.Generator
) -> Subscribers:
    """Draw ``n_listeners``: most with an account already, the others to come at a steady pace."""
    registered_ms = _registrations(model, n_listeners, sign_up_days, rng)
    sign_up_day = (registered_ms - FIRST_DAY_MS) // DAY_MS
    frailty = rng.standard_normal(n_listeners)
    upgrading, downgrading = np.exp(model.plan_sd * rng.standard_normal((2, n_listeners)))
    first_plan = _first_plans(model, sign_up_day, upgrading, downgrading, rng)
    first_name = rng.integers(0, len(FIRST_NAMES), n_listeners)
    return Subscribers(
        user_id=FIRST_USER_ID + np.arange(n_listeners),
        registered_ms=registered_ms,
        sign_up_day=sign_up_day,
        first_plan=first_plan,
        first_drift=_first_drifts(model, sign_up_day, frailty, first_plan, rng),
        frailty=frailty,
        upgrading=upgrading,
        downgrading=downgrading,
        base_activity=rng.beta(model.active_alpha, model.active_beta, n_listeners),
        # Arbitrary, but for the sign: in eventsim logs busy listeners cancel sooner.
        log_songs=0.25 * frailty + 0.4 * rng.standard_normal(n_listeners),
        hour=(rng.choice(24, n_listeners, p=HOURS / HOURS.sum()) + rng.random(n_listeners)),
        first_name=first_name,
        last_name=rng.integers(0, len(LAST_NAMES), n_listeners),
        gender=(first_name >= len(FIRST_NAMES) // 2).astype(np.int8),
        place=rng.integers(0, len(PLACES), n_listeners),
        user_agent=rng.choice(len(USER_AGENTS), n_listeners, p=AGENT_SHARES),
        **_temperaments(frailty, rng),
    )


def _registrations(model, n: int, sign_up_days: int, rng: np.random.Generator) -> np.ndarray:
    """Milliseconds since 1970 in whole seconds, ascending."""
    n_new = round(model.newcomer_share * n)
    draw = rng.random(n - n_new)
    cut = 1.0 - np.exp(-model.longest_tenure_days / model.mean_tenure_days)
    tenure_days = 0.01 - model.mean_tenure_days * np.log1p(-cut * draw)
    day = (np.arange(n_new) + rng.random(n_new)) / max(n_new, 1) * sign_up_days
    # Between six and ten o'clock, so that the first sitting begins on the day of signing up.
    second = rng.integers(6 * 3600, 22 * 3600, n_new)
    before = FIRST_DAY_MS - (tenure_days * 86_400).astype(np.int64) * 1000
    after = FIRST_DAY_MS + (day.astype(np.int64) * 86_400 + second) * 1000
    return np.sort(np.append(before, after))


def _first_plans(model, sign_up_day, upgrading, downgrading, rng) -> np.ndarray:
    """On the first log day; a listener's share of paid days if the service is in balance.

    The balance needs some weeks after signing up.
    """
    up, down = model.upgrade * upgrading, model.downgrade * downgrading
    reached = 1.0 - np.exp(-(up + down) * np.maximum(-sign_up_day, 0))
    is_paid = rng.random(len(up)) < up / (up + down) * reached
    return np.where(is_paid, PAID, FREE).astype(np.int8)


def _first_drifts(model, sign_up_day, frailty, plan, rng) -> np.ndarray:
    """The day of the drift in which the first log day finds a listener; 0 for most."""
    age = np.maximum(-sign_up_day, 1)
    day = np.arange(1, model.longest_drift + 1)
    still = (1.0 - model.drift_hazard) ** np.maximum(day - 1 - model.quiet_days, 0)
    weight = model.drifting(frailty, age, plan) * still.sum()
    is_drifting = rng.random(len(plan)) < weight / (1.0 + weight)
    since = rng.choice(day, len(plan), p=still / still.sum())
    return np.where(is_drifting & (sign_up_day < -since), since, 0).astype(np.int8)


def _temperaments(frailty: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Factors on the chances of some pages. Arbitrary, but for the signs.

    Per song, who cancels suffers more adverts, errors and songs to turn down than others, and
    praises less (eventsim logs: areas under the curve .70, .60, .64 and .37).
    """
    shares = {"liking": (-0.2, 0.35), "disliking": (0.5, 0.3), "sharing": (-0.05, 0.5)}
    shares |= {"adverts": (0.4, 0.25), "erring": (0.4, 0.3)}
    return {
        name: np.exp(slope * frailty + sd * rng.standard_normal(len(frailty)) - sd**2 / 2)
        for name, (slope, sd) in shares.items()
    }


def subscribers_table(people: Subscribers) -> pd.DataFrame:
    """The truth about every listener but for the tastes, one row each; ``registered`` is UTC."""
    table = {"user_id": people.user_id, "registered": people.registered_ms.astype("M8[ms]")}
    table["first_plan"] = np.array(PLANS)[people.first_plan]
    for column in ("sign_up_day", "first_drift", "frailty", "upgrading", "downgrading"):
        table[column] = getattr(people, column)
    for column in ("base_activity", "log_songs", "hour", "liking", "disliking", "sharing"):
        table[column] = getattr(people, column)
    return pd.DataFrame(table | {"adverts": people.adverts, "erring": people.erring})


def profiles(people: Subscribers) -> dict[str, pa.Array]:
    """What each row of the log repeats about its listener, as JSON values."""
    return {
        "userId": pc.binary_join_element_wise('"', _text(people.user_id), '"', ""),
        "firstName": _chosen(FIRST_NAMES, people.first_name),
        "lastName": _chosen(LAST_NAMES, people.last_name),
        "gender": _chosen(("F", "M"), people.gender),
        "location": _chosen(PLACES, people.place),
        "userAgent": _chosen(USER_AGENTS, people.user_agent),
        "registration": _text(people.registered_ms),
    }


def _chosen(texts: tuple[str, ...], which: np.ndarray) -> pa.Array:
    return pa.array([json.dumps(text) for text in texts]).take(pa.array(which))


def _text(numbers: np.ndarray) -> pa.Array:
    return pc.cast(pa.array(numbers), pa.string())
