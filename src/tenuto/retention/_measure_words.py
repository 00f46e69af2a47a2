"""A measured campaign in plain sentences: what was seen, and what could not have been."""

from __future__ import annotations

from tenuto.retention._measure import HEADLINE, Measured
from tenuto.retention._measure_effect import Effect

_RARE = 0.05


def verdict(effect: Effect) -> str:
    """Whether contact helped, in one sentence."""
    if effect.low > 0:
        return "Contact kept listeners, beyond chance."
    if effect.high < 0:
        return "Contact drove listeners away, beyond chance: stop, and look at who and what."
    return (
        "No effect beyond chance was seen; an effect of "
        f"{points(effect.detectable)} would have been, four times in five."
    )


def sentences(found: Measured, span: str = "") -> list[str]:
    """The whole finding; ``span`` such as "within 14 days" follows "left"."""
    said = [verdict(found.effect), _shares(found.effect, span)]
    said += _contacts(found)
    said += _money(found)
    said += _parts(found)
    said += _groups(found)
    said.append(targeting(found))
    return [*said, *found.notes]


def targeting(found: Measured) -> str:
    """Whether a list by uplift beats one by risk."""
    if found.targeting is None:
        return f"Whom contact helps most was not learned: {found.refusal}."
    profits = found.targeting.profits
    if profits.empty:
        return (
            "Without a score from before and a value of a listener, lists cannot be compared in "
            "profit; the Qini coefficients are those of uplift alone."
        )
    rows = {str(row["ranking"]): row for row in profits.to_dict("records")}
    row = rows[HEADLINE]
    if max(rows[name]["low"] for name in rows) <= 0:
        return (
            "No list, by uplift or by risk, is seen to earn more than contacting nobody: its worth "
            "is not shown at these values and costs."
        )
    gap = amount(row["difference"])
    ends = f"[{amount(row['difference_low'])}, {amount(row['difference_high'])}]"
    if row["difference_low"] > 0:
        return (
            f"A list by uplift earns {gap} more than one by risk {ends}, judged on listeners whom "
            "its models did not know: choose by uplift next time."
        )
    if row["difference_high"] < 0:
        return f"A list by risk earns more than one by uplift, which is {gap} {ends} beside it."
    return (
        f"It cannot be told whether a list by uplift earns more than one by risk: the difference "
        f"is {gap} {ends}. Until it can, go by risk."
    )


def points(share: float) -> str:
    """A difference of shares: "3.0 points"."""
    return f"{_number(100 * share)} points"


def amount(money: float) -> str:
    """Money without a currency, signed by a real minus."""
    return f"{money:,.0f}".replace("-", "−")


def _shares(effect: Effect, span: str) -> str:
    when = f" {span}" if span else ""
    low, high = _number(100 * effect.low), _number(100 * effect.high)
    said = (
        f"Of {effect.n_treat:,} to be contacted {_percent(effect.treat)} left{when}, of "
        f"{effect.n_holdout:,} held out {_percent(effect.holdout)} (both as if of the same risk): "
        f"a difference of {points(effect.effect)} [{low}, {high}]"
    )
    if effect.is_seen and effect.relative == effect.relative:
        low, high = (_percent(end) for end in (effect.relative_low, effect.relative_high))
        more = "fewer" if effect.effect > 0 else "more"
        ends = f"[{low}, {high}]" if effect.effect > 0 else ""
        said += f", {_percent(abs(effect.relative))} {more} {ends}".rstrip()
    return said + "."


def _contacts(found: Measured) -> list[str]:
    said = []
    kept = found.effect.contacts_per_kept
    if kept is not None:
        value, low, high = (f"{number:,.0f}" for number in kept)
        said.append(f"One listener is kept for every {value} contacted [{low}, {high}].")
    share = found.contacted_share
    if 0 < share < 1:
        said.append(
            f"Of those to be contacted {_percent(share)} were: for each of them the effect is "
            f"{points(found.effect.effect / share)}."
        )
    return said


def _money(found: Measured) -> list[str]:
    if found.money is None:
        return []
    profit, low, high, spent = (
        amount(found.money[name]) for name in ("profit", "low", "high", "spent")
    )
    return [f"In money: {profit} [{low}, {high}], the {spent} spent on it taken off."]


def _parts(found: Measured) -> list[str]:
    said = []
    for column, chance in sorted(found.differs.items()):
        if chance != chance:
            continue
        if chance < _RARE:
            shown = "< 0.001" if chance < 0.001 else f"= {chance:.3f}"
            said.append(f"The effect is not the same in each {column} (p {shown}).")
        else:
            said.append(f"The effect is not seen to differ by {column} (p = {chance:.2f}).")
    return said


def _groups(found: Measured) -> list[str]:
    odd = list(found.balance.loc[found.balance["is_odd"], "column"]) if len(found.balance) else []
    if not odd:
        return []
    shown = ", ".join(f"'{column}'" for column in odd[:3])
    return [
        f"The groups do not look random: they differ in {shown} beyond chance"
        f"{f' (and {len(odd) - 3} more)' if len(odd) > 3 else ''}. Unless that was known only "
        "after the contact, the difference in leaving is not the effect of contact."
    ]


def _percent(share: float) -> str:
    return f"{_number(100 * share)} %"


def _number(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")
