"""Which action for whom: of those that suit, the one with the highest expected value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenuto.actions import CATALOGUE
from tenuto.actions._rules import Rule
from tenuto.errors import SettingsError
from tenuto.evaluation.profit import expected_profit
from tenuto.settings import RetentionSettings

LEAVE_ALONE = "leave_alone"
#: In the stage of stickiness. Arbitrary: a listener bought by a price is not one who likes it.
_PRICE_CUT_WEIGHT = 2.0


@dataclass(frozen=True)
class Price:
    """What one action costs and does, settings applied."""

    name: str
    label: str
    cost: float
    saves: float
    contact_cost: float
    is_price_cut: bool
    is_contact: bool


def prices(settings: RetentionSettings) -> list[Price]:
    """The actions that the settings allow, `leave_alone` first, then by name.

    Raises
    ------
    UnknownName : if an action of the settings is not a member
    SettingsError : if an offer is priced that is not among the actions allowed
    """
    asked = settings.actions or CATALOGUE.names()
    names = sorted({name.replace("-", "_") for name in asked} - {LEAVE_ALONE})
    offers = {name.replace("-", "_"): offer for name, offer in settings.offers.items()}
    for name in offers:
        CATALOGUE.get(name)
        if name not in [LEAVE_ALONE, *names]:
            raise SettingsError(
                f"retention.offers.{name}: '{name}' is not among retention.actions",
                mend=f"add '{name}' to retention.actions, or take the offer out",
            )
    return [_price(name, settings, offers) for name in [LEAVE_ALONE, *names]]


def _price(name: str, settings: RetentionSettings, offers: dict) -> Price:
    member, offer = CATALOGUE.get(name), offers.get(name)
    cost = member.COST if offer is None or offer.cost is None else offer.cost
    saves = member.SAVES if offer is None or offer.saves is None else offer.saves
    is_contact = getattr(member, "IS_CONTACT", True)
    contact_cost = settings.contact_cost if is_contact else 0.0
    is_cut = getattr(member, "IS_PRICE_CUT", False)
    return Price(name, member.LABEL, float(cost), float(saves), contact_cost, is_cut, is_contact)


def choose(
    people: pd.DataFrame,
    settings: RetentionSettings,
    rules: list[Rule] | None = None,
    *,
    must_contact: bool = False,
) -> pd.DataFrame:
    """The action for each of ``people``, and what it is expected to bring.

    Parameters
    ----------
    people : see ``_people.py``
    rules : the service's own; the first that holds decides, whatever suits
    must_contact : leave nobody alone whom any action suits: what a longer list would do

    Returns
    -------
    DataFrame, rows as ``people``: ``action``, ``expected_value`` (money, the same in both
        stages), ``saves``, ``contact_cost``, ``offer_cost``. Ties go to leaving alone, then to
        the first name.
    """
    offered = prices(settings)
    worth = np.column_stack([_worth(people, price) for price in offered])
    weight = np.column_stack([_weight(people, price, settings.stage) for price in offered])
    suits = np.column_stack(
        [CATALOGUE.get(price.name).suits(people).to_numpy(dtype=bool) for price in offered]
    )
    if must_contact:
        suits[:, 0] = ~suits[:, 1:].any(axis=1)
    else:
        is_sure = people["probability"].to_numpy() < settings.leave_alone_below
        suits[:, 1:] &= ~is_sure[:, None]
    best = np.where(suits, weight, -np.inf).argmax(axis=1)
    best = _ruled(best, people, [price.name for price in offered], rules or [])
    rows = np.arange(len(people))
    found = {
        "action": np.array([price.name for price in offered], dtype=object)[best],
        "expected_value": worth[rows, best],
        "saves": np.array([price.saves for price in offered])[best],
        "contact_cost": np.array([price.contact_cost for price in offered])[best],
        "offer_cost": np.array([price.cost for price in offered])[best],
    }
    return pd.DataFrame(found, index=people.index)


def _worth(people: pd.DataFrame, price: Price) -> np.ndarray:
    if not price.is_contact:
        return np.zeros(len(people))
    return expected_profit(
        people["probability"], people["value"], price.saves, price.contact_cost, price.cost
    )


def _weight(people: pd.DataFrame, price: Price, stage: str) -> np.ndarray:
    """What the choice goes by: the money, or in the stage of stickiness a leaning (S2-I6)."""
    if stage == "revenue" or not price.is_contact:
        return _worth(people, price)
    contact = 0.0 if price.cost == 0 else price.contact_cost
    cost = price.cost * (_PRICE_CUT_WEIGHT if price.is_price_cut else 1.0)
    return expected_profit(people["probability"], people["value"], price.saves, contact, cost)


def _ruled(best: np.ndarray, people: pd.DataFrame, names: list[str], rules: list[Rule]):
    found, is_open = best.copy(), np.ones(len(people), dtype=bool)
    for rule in rules:
        if rule.action not in names:
            raise SettingsError(
                f"{rule.place}: '{rule.action}' is not among retention.actions",
                mend=f"add '{rule.action}' to retention.actions, or take the rule out",
            )
        holds = rule.holds(people) & is_open
        found[holds], is_open = names.index(rule.action), is_open & ~holds
    return found
