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

    Features that need tables or columns which the source does not have are left out.
    """
    tables, chosen = {}, []
    for family in families or CATALOGUE.names():
        module = CATALOGUE.get(family)
        if not all(past.has(needed) for needed in getattr(module, "TABLES", ())):
            continue
        rows = module.rows(past)
        features = [
            item
            for item in features_of(family, module)
            if set(item.needs) <= set(rows.columns) and item.looks_within(max_window_days)
        ]
        if features:
            tables[family] = _of_family(family, rows, features)
            chosen += features
    return FeatureTable(_side_by_side(listeners.select("user_id"), tables, chosen), chosen)


def feature_dictionary() -> list[Feature]:
    """Every feature of every family, for the documentation."""
    return [
        item for family, module in CATALOGUE.all().items() for item in features_of(family, module)
    ]


def _of_family(family: str, rows: ir.Table, features: list[Feature]) -> ir.Table:
    columns = {item.name: item.compute(rows).cast("float64") for item in features}
    return rows.group_by("user_id").agg(**columns).rename({_key(family): "user_id"})


def _key(family: str) -> str:
    return f"user_id_of_{family}"


def _side_by_side(
    table: ir.Table, families: dict[str, ir.Table], chosen: list[Feature]
) -> ir.Table:
    """One chain of joins with one choice of columns at its end: Ibis compiles it four times
    as fast as a choice after each join."""
    joined = table
    for family, columns in families.items():
        joined = joined.left_join(columns, [("user_id", _key(family))])
    # A sum over no rows in the window is NULL in SQL; for a count that means none.
    values = {
        item.name: joined[item.name] if item.is_nullable else joined[item.name].fill_null(0.0)
        for item in chosen
    }
    return joined.select("user_id", **values)
