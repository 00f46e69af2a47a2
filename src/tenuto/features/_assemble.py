"""All families side by side: one aggregation per family, one row per listener."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import ibis.expr.types as ir

from tenuto.features._contract import CATALOGUE, Feature, features_of
from tenuto.timeline import Past


@dataclass(frozen=True)
class FeatureTable:
    """``table`` has ``user_id`` and one column per feature, in the order of ``features``."""

    table: ir.Table
    features: list[Feature]

    @cached_property
    def names(self) -> list[str]:
        return [feature.name for feature in self.features]


def build_features(
    past: Past,
    listeners: ir.Table,
    *,
    families: Sequence[str] | None = None,
    max_window_days: int | None = None,
) -> FeatureTable:
    """The features of every row of ``listeners`` at the cutoff of ``past``.

    Parameters
    ----------
    families : members of this room; all by default
    max_window_days : leaves out features that look further back than so many days. Training
        cutoffs early in the log have not seen 30 days yet: a 30-day sum would mean one thing
        in training and another in use.

    Features that need columns which the source does not have are left out.
    """
    table, chosen = listeners.select("user_id"), []
    for family in families or CATALOGUE.names():
        module = CATALOGUE.get(family)
        rows = module.rows(past)
        features = [
            item
            for item in features_of(family, module)
            if set(item.needs) <= set(rows.columns) and _fits(item, max_window_days)
        ]
        if features:
            table = _beside(table, rows, features)
            chosen += features
    return FeatureTable(table, chosen)


def feature_dictionary() -> list[Feature]:
    """Every feature of every family, for the documentation."""
    return [
        item for family, module in CATALOGUE.all().items() for item in features_of(family, module)
    ]


def _fits(feature: Feature, max_window_days: int | None) -> bool:
    window = feature.window_days
    return max_window_days is None or window is None or window <= max_window_days


def _beside(table: ir.Table, rows: ir.Table, features: list[Feature]) -> ir.Table:
    columns = {item.name: item.compute(rows).cast("float64") for item in features}
    family = rows.group_by(user="user_id").agg(**columns)
    joined = table.left_join(family, [("user_id", "user")]).drop("user")
    # A sum over no rows in the window is NULL in SQL; for a count that means none.
    zeros = {
        item.name: joined[item.name].fill_null(0.0) for item in features if not item.is_nullable
    }
    return joined.mutate(**zeros) if zeros else joined
