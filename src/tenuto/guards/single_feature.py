"""No feature alone tells nearly everything about who leaves.

Looked at among those who can still be kept: of everybody, recency alone tells very well who has
left long ago, honestly.
"""

from __future__ import annotations

from tenuto.evaluation.leaks import FEATURE_LIMIT, stop_on_leaking_feature
from tenuto.guards._contract import Study

LABEL = "Does a feature alone tell who leaves?"


def check(study: Study) -> str:
    """AUC of each column alone, at most 0.95 (churn.md §4.3, 3)."""
    X, y = study.judged()
    aucs = stop_on_leaking_feature(X, y, allow=study.allow)
    if aucs.empty:
        return "there are no columns"
    best = aucs.index[0]
    passed = sorted(set(aucs.index[aucs > FEATURE_LIMIT]) & study.allow)
    note = f"; let pass by name: {', '.join(passed)}" if passed else ""
    return (
        f"of {len(aucs)} columns over {len(y):,} rows the best alone, '{best}', "
        f"has AUC {aucs.iloc[0]:.3f} (limit {FEATURE_LIMIT}){note}"
    )
