"""How a feature is written, and what is known of it.

    @feature(unit="plays", windows=WINDOWS, needs=("n_plays",), seeds="S1-F1..5 freq_P_last_{w}")
    def n_plays(rows, window):
        return rows.n_plays.sum(where=rows.age_days <= window)

makes the columns ``n_plays_1d`` … ``n_plays_30d``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import ibis.expr.types as ir

from tenuto.catalogue import Catalogue
from tenuto.errors import ContractError

CATALOGUE = Catalogue("tenuto.features", must_provide=("rows",))

# The windows of all earlier projects (S0-F1, S1-F1, S2-F-C1).
WINDOWS = (1, 3, 7, 14, 30)
UNITS = (
    *("events", "plays", "songs", "artists", "sessions", "devices"),
    *("days", "bins", "seconds", "share", "ratio", "yes/no", "standard deviations"),
)


@dataclass(frozen=True)
class Feature:
    """One column of the feature table.

    ``window_days`` is how far back it looks, None for the whole past. A ``is_nullable``
    feature is NULL where the question has no answer; others are 0 for a listener without rows.
    """

    name: str
    family: str
    unit: str
    window_days: int | None
    is_nullable: bool
    needs: tuple[str, ...]
    seeds: str
    description: str
    compute: Callable[[ir.Table], ir.Value]

    def looks_within(self, days: int | None) -> bool:
        """Whether it looks back so many days at most, as all do that look at the whole past."""
        return days is None or self.window_days is None or self.window_days <= days


def feature(
    *,
    unit: str,
    windows: Sequence[int] = (),
    window: int | None = None,
    nullable: bool = False,
    needs: tuple[str, ...] = (),
    seeds: str = "",
) -> Callable[[Callable], Callable]:
    """Mark a function as a feature.

    Parameters
    ----------
    unit : one of ``UNITS``
    windows : makes one column per window, with the window as second argument
    window : how far back a feature without ``windows`` looks
    nullable : whether NULL is an answer (then models get an indicator beside it)
    needs : columns of ``rows`` without which the source has no such feature
    seeds : the rows of the earlier projects and the names there, ``{w}`` standing for the window
    """
    if unit not in UNITS:
        raise ContractError(f"'{unit}' is not a unit; there are: {', '.join(UNITS)}")

    def mark(function: Callable) -> Callable:
        function._feature = (  # type: ignore[attr-defined]
            unit,
            tuple(windows),
            window,
            nullable,
            needs,
            seeds,
        )
        return function

    return mark


def features_of(family: str, module: ModuleType) -> list[Feature]:
    """The features of one family, in the order in which the file defines them."""
    marked = [thing for thing in vars(module).values() if hasattr(thing, "_feature")]
    return [item for function in marked for item in _expand(family, function)]


def _expand(family: str, function: Callable) -> list[Feature]:
    unit, windows, window, nullable, needs, seeds = function._feature  # type: ignore[attr-defined]
    text = inspect.getdoc(function) or ""
    name = function.__name__
    if not windows:
        return [Feature(name, family, unit, window, nullable, needs, seeds, text, function)]
    return [
        Feature(
            name=f"{name}_{days}d",
            family=family,
            unit=unit,
            window_days=days,
            is_nullable=nullable,
            needs=needs,
            seeds=seeds.replace("{w}", str(days)),
            description=_in_words(text, days),
            compute=_bind(function, days),
        )
        for days in windows
    ]


def _in_words(text: str, days: int) -> str:
    return text.replace("{w} days", "day" if days == 1 else f"{days} days").replace(
        "{w}", str(days)
    )


def _bind(function: Callable, days: int) -> Callable[[ir.Table], ir.Value]:
    return lambda rows: function(rows, days)
