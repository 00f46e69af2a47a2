"""Rules of a service's own, from tenuto.toml: conditions on columns, read without running them.

    when = "is_paid and probability > 0.4"
    when = "reason_1 = 'frustration' and not is_active_7d"

A condition is a column that is true, ``not`` such a column, or a column compared (=, !=, <, <=, >,
>=) with a number or with text in quotes. Conditions are joined by ``and``; for "or", write another
rule. What is unknown in a row does not hold there.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tenuto.actions import CATALOGUE
from tenuto.errors import SettingsError
from tenuto.settings import RuleSettings

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TEXT = r"'[^']*'|\"[^\"]*\""
_COMPARED = re.compile(rf"([A-Za-z_]\w*)\s*(==|!=|<=|>=|=|<|>)\s*({_NUMBER}|{_TEXT})")
_ALONE = re.compile(r"(not\s+)?([A-Za-z_]\w*)")
_AND = re.compile(rf"\s+and\s+(?=(?:[^'\"]|{_TEXT})*$)")


@dataclass(frozen=True)
class Condition:
    """A column, how it is compared, and with what."""

    column: str
    compare: str
    value: float | str | bool


@dataclass(frozen=True)
class Rule:
    """An action, and the conditions that all have to hold; ``place`` says where it was written."""

    place: str
    action: str
    conditions: tuple[Condition, ...]

    def holds(self, people: pd.DataFrame) -> np.ndarray:
        """True or false per row of ``people``.

        Raises
        ------
        SettingsError : if there is no such column, or it cannot be compared so
        """
        held = [self._one(people, condition) for condition in self.conditions]
        return np.logical_and.reduce(held)

    def _one(self, people: pd.DataFrame, condition: Condition) -> np.ndarray:
        if condition.column not in people:
            raise SettingsError(
                f"{self.place}: there is no column '{condition.column}'",
                mend=f"there are: {', '.join(sorted(map(str, people.columns)))}",
            )
        column = people[condition.column]
        is_text = not pd.api.types.is_numeric_dtype(column)
        if is_text != isinstance(condition.value, str):
            kind = "text" if is_text else "a number"
            raise SettingsError(
                f"{self.place}: '{condition.column}' is {kind}, not like {condition.value!r}",
                mend="put text in quotes, and numbers without",
            )
        known = column.notna().to_numpy()
        held = _OPERATORS[condition.compare](column[known].to_numpy(), condition.value)
        found = np.zeros(len(people), dtype=bool)
        found[known] = np.asarray(held, dtype=bool)
        return found


def rules_of(settings: Sequence[RuleSettings]) -> list[Rule]:
    """The rules as written in the settings.

    Raises
    ------
    UnknownName : if an action is not a member
    SettingsError : if a condition cannot be read, naming the rule
    """
    rules = []
    for number, written in enumerate(settings, 1):
        place = f"retention.rules, rule {number}, when = {written.when!r}"
        CATALOGUE.get(written.action)
        parts = [part for part in _AND.split(written.when.strip()) if part.strip()]
        conditions = tuple(_condition(part.strip(), place) for part in parts)
        if not conditions:
            raise SettingsError(f"{place}: it has no condition", mend="say when it holds")
        rules.append(Rule(place, written.action.replace("-", "_"), conditions))
    return rules


def _condition(written: str, place: str) -> Condition:
    if compared := _COMPARED.fullmatch(written):
        column, compare, value = compared.groups()
        is_text = value[0] in "'\""
        return Condition(column, compare, value[1:-1] if is_text else float(value))
    alone = _ALONE.fullmatch(written)
    if alone is None or alone[2] in ("and", "or", "not"):
        raise SettingsError(
            f"{place}: cannot read '{written}'",
            mend="""write conditions such as "probability > 0.4", "is_paid", "not is_paid" or """
            """"reason_1 = 'silence'", joined by "and"; "or" is another rule""",
        )
    return Condition(alone[2], "!=" if not alone[1] else "=", 0.0)
