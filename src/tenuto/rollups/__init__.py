"""Sums of one day: per user, per item, per user and item, and finer where a feature asks.

A member provides ``KEY`` (the columns that name a row) and ``build(day)``, an Ibis table of
additive columns from one `Day` of events. Everything later reads these sums only.
"""

from tenuto.rollups._build import RollupSummary, build_rollups, items_file
from tenuto.rollups._catalogue import CATALOGUE
from tenuto.rollups._day import Day

__all__ = ["CATALOGUE", "Day", "RollupSummary", "build_rollups", "items_file"]
