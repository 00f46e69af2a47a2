"""What was known before the cutoff: one row per listener, one family of features per file.

A member provides ``rows(past)`` (an Ibis table with ``user_id``) and functions marked with
``@feature``, each an aggregate over the rows of one listener. A feature sees the past only.
``TABLES``, where there is one, names the rollups without which there is no such family.
"""

from tenuto.features._assemble import FeatureTable, build_features, feature_dictionary
from tenuto.features._contract import CATALOGUE, Feature

__all__ = ["CATALOGUE", "Feature", "FeatureTable", "build_features", "feature_dictionary"]
