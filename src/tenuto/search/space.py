"""The settings that a search tries: the defaults first, then draws from a member's ``SPACE``.

A member that can be tuned has ``SPACE``: keyword of its ``Model`` -> a list, of which one is
taken, or a pair ``(low, high)``, between which a number is drawn evenly on a log scale; where
both are integers, so is what is drawn.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tenuto.catalogue import Catalogue
from tenuto.errors import ContractError, SettingsError
from tenuto.record import to_json

Space = Mapping[str, list[Any] | tuple[float, float]]

# A space of few choices has no more settings than it has.
_DRAWS_PER_TRIAL = 20


def space_of(catalogue: Catalogue, member: str) -> Space:
    """What of ``member`` may be tuned; empty where nothing is.

    Raises
    ------
    UnknownName : if there is no such member
    """
    return getattr(catalogue.get(member), "SPACE", {})


def refuse_untunable(catalogue: Catalogue, member: str, *others: str) -> None:
    """Stop before the work begins where a member has nothing to tune.

    ``others`` are words that may be said in place of a member's name, for the mend.

    Raises
    ------
    SettingsError : if it has no ``SPACE``
    UnknownName : if there is no such member
    """
    if not space_of(catalogue, member):
        known = [name for name in catalogue if space_of(catalogue, name)]
        words = "".join(f", or {word}" for word in others)
        raise SettingsError(
            f"'{member}' has no settings to tune", mend=f"choose among {', '.join(known)}{words}"
        )


def drawn_settings(
    member: str, space: Space, n_trials: int, random_state: int
) -> list[dict[str, Any]]:
    """Up to ``n_trials`` different settings; the first is ``{}``, the defaults.

    The n-th does not depend on how many are asked for, nor on the other members.

    Raises
    ------
    ContractError : if a pair of the space is no range of positive numbers
    """
    rng = np.random.default_rng([random_state, zlib.crc32(member.encode()), 17])
    drawn: dict[str, dict[str, Any]] = {to_json({}): {}}
    for _ in range(_DRAWS_PER_TRIAL * n_trials):
        if len(drawn) >= n_trials:
            break
        settings = {name: _drawn(name, space[name], rng) for name in sorted(space)}
        drawn.setdefault(to_json(settings), settings)
    return list(drawn.values())[:n_trials]


def _drawn(name: str, choices: list[Any] | tuple[float, float], rng: np.random.Generator) -> Any:
    if isinstance(choices, list):
        return choices[int(rng.integers(len(choices)))]
    low, high = choices
    if not 0 < low < high:
        raise ContractError(f"the range of '{name}' is {low} to {high}", mend="0 < low < high")
    value = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    is_whole = isinstance(low, int) and isinstance(high, int)
    # Three digits: nobody can tell 0.0213 from 0.02134567, and people read them.
    return round(value) if is_whole else float(f"{value:.3g}")
