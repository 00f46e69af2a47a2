"""Which reason a column of the models belongs to: exactly one, whoever adds the next column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tenuto.errors import ContractError
from tenuto.features import Feature, feature_dictionary
from tenuto.reasons._contract import CATALOGUE, Topic

#: Takes what no other reason does, such as the columns of a table of one's own.
CATCH_ALL = "other_habits"


@dataclass
class Reason:
    """One member with the columns that a model has of it.

    ``topic_of`` says for each of ``columns`` which of ``topics`` speaks of it, by position;
    ``len(topics)`` stands for none. ``features`` says what columns are, where that is known.
    """

    name: str
    label: str
    topics: tuple[Topic, ...]
    columns: list[str] = field(default_factory=list)
    topic_of: list[int] = field(default_factory=list)
    features: dict[str, Feature] = field(default_factory=dict)


def grouped(columns: Iterable[str]) -> list[Reason]:
    """The reasons that ``columns`` belong to, by name; each column is in one.

    A column goes to the reason whose topics name it; a newcomer to that of its family; and
    what is left to ``other_habits``.

    Raises
    ------
    ContractError : if two reasons claim one column, or one family
    """
    members = CATALOGUE.all()
    features = {item.name: item for item in feature_dictionary()}
    reasons = {
        name: Reason(name, module.LABEL, tuple(module.TOPICS), features=features)
        for name, module in members.items()
    }
    of_family = _families(members)
    for column in columns:
        claims = {name: _topic(column, reason.topics) for name, reason in reasons.items()}
        claimed = {name: topic for name, topic in claims.items() if topic is not None}
        _refuse_several(f"the column '{column}'", list(claimed))
        family = features[column].family if column in features else ""
        name = next(iter(claimed), of_family.get(family, CATCH_ALL))
        reasons[name].columns.append(column)
        reasons[name].topic_of.append(claimed.get(name, len(reasons[name].topics)))
    return [reason for reason in reasons.values() if reason.columns]


def _topic(column: str, topics: tuple[Topic, ...]) -> int | None:
    """The position of the first topic that names ``column``."""
    matches = (place for place, topic in enumerate(topics) if re.fullmatch(topic.columns, column))
    return next(matches, None)


def _families(members: dict) -> dict[str, str]:
    """Family -> the reason that its newcomers belong to."""
    owners: dict[str, list[str]] = {}
    for name, module in members.items():
        for family in getattr(module, "FAMILIES", ()):
            owners.setdefault(family, []).append(name)
    for family, names in owners.items():
        _refuse_several(f"the family '{family}'", names)
    return {family: names[0] for family, names in owners.items()}


def _refuse_several(what: str, names: list[str]) -> None:
    if len(names) > 1:
        raise ContractError(
            f"{what} is claimed by the reasons {' and '.join(names)}",
            mend="narrow the patterns or families of all but one of them",
        )
