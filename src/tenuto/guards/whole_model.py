"""No model is nearly perfect on listeners it has not seen."""

from __future__ import annotations

from tenuto.errors import NotEnoughData
from tenuto.evaluation.leaks import MODEL_LIMIT, stop_on_leaking_model
from tenuto.guards._contract import Study

LABEL = "Is a model too good to be true?"


def check(study: Study) -> str:
    """AUC of each model among those who can still be kept, at most 0.99."""
    if not study.probability:
        raise NotEnoughData("no model has scored anybody yet")
    _, y = study.judged()
    aucs = {}
    for name, p in study.probability.items():
        rows = p if study.is_judged is None else p[study.is_judged]
        if name not in study.allow:
            aucs[name] = stop_on_leaking_model(y, rows, name=name)
    if not aucs:
        raise NotEnoughData("every model was let pass by name")
    best = max(aucs, key=lambda name: (aucs[name], name))
    return f"of {len(aucs)} models the best, {best}, has AUC {aucs[best]:.3f} (limit {MODEL_LIMIT})"
