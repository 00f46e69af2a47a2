"""A finished campaign, measured: effect, parts, money, balance of the groups, and whom to pick."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tenuto import uplift
from tenuto.errors import NotEnoughData
from tenuto.evaluation.qini import qini_curve, qini_table
from tenuto.retention._measure_balance import balance
from tenuto.retention._measure_effect import TREAT, Effect, measure_effect
from tenuto.retention._measure_parts import BY, differs_by_chance, effect_by
from tenuto.retention._measure_targeting import (
    RISK,
    Experiment,
    Money,
    compare_targeting,
    profit_curves,
)
from tenuto.uplift._cross_fit import folds_of

#: The member that speaks for targeting by uplift; chosen once, not by who looks best. In 20
#: simulated campaigns with a weak effect (2 points, 1,000 held out) its first quarter of new
#: listeners was helped more than a random quarter and that of risk in 18; the X-learner's in 16.
HEADLINE = "two_model"
#: Columns of the table that hold money, per listener.
MONEY = ("value", "contact_cost", "offer_cost")


@dataclass(frozen=True)
class Targeting:
    """Orders of listeners by uplift and by risk, on the same experiment.

    qini, curves : see `qini_table` and `qini_curve` (with a column ``ranking``)
    profits, profit_curves : see `compare_targeting` and `profit_curves`; empty without money
    """

    qini: pd.DataFrame
    curves: pd.DataFrame
    profits: pd.DataFrame
    profit_curves: pd.DataFrame


@dataclass(frozen=True)
class Measured:
    """What a campaign did.

    parts : see `effect_by`; differs : column -> chance that its parts differ as much by luck
    balance : see `_measure_balance.balance`
    contacted_share : of the treat group, who was contacted in fact; 1 where nobody says
    money : ``profit`` of the campaign against none, ``low``, ``high``; None where no value is known
    refusal : why uplift was not learned; None where it was
    """

    effect: Effect
    parts: pd.DataFrame
    differs: dict[str, float]
    balance: pd.DataFrame
    contacted_share: float
    money: dict[str, float] | None
    targeting: Targeting | None
    refusal: str | None
    notes: list[str] = field(default_factory=list)


def measure(
    table: pd.DataFrame,
    features: pd.DataFrame | None = None,
    *,
    was_drawn_in_strata: bool = True,
    most_share: float = 1.0,
    random_state: int = 0,
) -> Measured:
    """Everything that a finished campaign can tell.

    Parameters
    ----------
    table : one row per listener: ``user_id``, ``group``, ``y``; where known ``stratum``,
        ``probability``, ``band``, ``action``, ``contacted`` and the columns of ``MONEY``
    features : numbers from before the contact, rows as those of ``table``
    was_drawn_in_strata : whether groups were drawn in each stratum; strata made afterwards from
        a score could hide that a group has the higher scores
    most_share : the share of the listeners that the team can contact

    Raises
    ------
    NotEnoughData : if a group has fewer than 30 listeners
    """
    effect, parts = measure_effect(table), effect_by(table)
    known = pd.DataFrame(index=table.index) if features is None else features
    if "probability" in table and "probability" not in known:
        known = known.assign(probability=table["probability"])
    is_treated, one = (table["group"] == TREAT).to_numpy(), np.zeros(len(table), dtype=int)
    targeting: Targeting | None = None
    refusal: str | None = "no columns from before the campaign were given to learn it from"
    if features is not None:
        try:
            targeting, refusal = _targeting(table, known, most_share, random_state), None
        except NotEnoughData as few:
            refusal = few.message
    return Measured(
        effect=effect,
        parts=parts,
        differs={by: differs_by_chance(parts, by) for by in BY if by in table},
        balance=balance(known, is_treated, _stratum(table) if was_drawn_in_strata else one),
        contacted_share=_contacted_share(table, is_treated),
        money=_earned(table, effect, is_treated),
        targeting=targeting,
        refusal=refusal,
    )


def _targeting(
    table: pd.DataFrame, known: pd.DataFrame, most_share: float, random_state: int
) -> Targeting:
    is_treated, y = (table["group"] == TREAT).to_numpy(), table["y"].to_numpy()
    user_id = table["user_id"].to_numpy()
    uplift.refuse_if_few(y, is_treated)
    share = uplift.treat_shares(_stratum(table), is_treated)
    has_score = "probability" in table
    orders = {RISK: table["probability"].to_numpy(dtype=np.float64)} if has_score else {}
    for name in uplift.CATALOGUE:
        orders[name] = uplift.cross_fitted(
            uplift.CATALOGUE.get(name).Model,
            known,
            y,
            is_treated,
            user_id,
            treat_share=share,
            random_state=random_state,
        )
    rng = np.random.default_rng([random_state, 8])
    curves = [
        qini_curve(y, is_treated, score, share).assign(ranking=name)
        for name, score in orders.items()
    ]
    profits, earned = pd.DataFrame(), pd.DataFrame()
    if has_score and "value" in table:
        money = _money(table)
        by_worth = {name: score * money.value for name, score in orders.items()}
        folds = folds_of(user_id, y, is_treated)
        experiment = Experiment(y, is_treated, share, orders[RISK], folds)
        profits = compare_targeting(experiment, by_worth, money, most_share)
        earned = profit_curves(experiment, by_worth, money)
    qini = qini_table(y, is_treated, orders, share, rng=rng)
    return Targeting(qini, pd.concat(curves, ignore_index=True), profits, earned)


def _earned(table: pd.DataFrame, effect: Effect, is_treated: np.ndarray) -> dict[str, float] | None:
    """Profit of the campaign: kept listeners' value, less contacts and offers taken."""
    if "value" not in table:
        return None
    rows = table.loc[is_treated]
    money, n = _money(rows), len(rows)
    was_reached = rows["contacted"].to_numpy(dtype=bool) if "contacted" in rows else np.ones(n)
    took = money.offer_cost * (1 - rows["y"].to_numpy())
    spent = float(((money.contact_cost + took) * was_reached).sum())
    worth = float(np.sum(money.value))
    earned = {name: getattr(effect, name) * worth - spent for name in ("effect", "low", "high")}
    return {
        "profit": earned["effect"],
        "low": earned["low"],
        "high": earned["high"],
        "spent": spent,
        "kept": effect.effect * n,
    }


def _money(table: pd.DataFrame) -> Money:
    columns = {
        name: table[name].to_numpy(dtype=np.float64) if name in table else 0.0 for name in MONEY
    }
    return Money(**columns)


def _stratum(table: pd.DataFrame) -> np.ndarray:
    if "stratum" not in table:
        return np.zeros(len(table), dtype=int)
    return pd.factorize(table["stratum"], sort=True)[0]


def _contacted_share(table: pd.DataFrame, is_treated: np.ndarray) -> float:
    if "contacted" not in table:
        return 1.0
    return float(table.loc[is_treated, "contacted"].astype(bool).mean())
