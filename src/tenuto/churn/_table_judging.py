"""Models of a table cross-fitted, looked at for leaks, and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tenuto import sampling as samplings
from tenuto.churn._examples import Examples
from tenuto.churn._protocols import Progress, Scored, forward
from tenuto.churn._table_examples import N_FOLDS, TableSettings
from tenuto.evaluation.folds import stratified_fold
from tenuto.evaluation.intervals import Bootstrap, bootstrap
from tenuto.evaluation.leading_column import leading_column, stop_on_leading_column

#: Asked for the alarms: quick, and it takes columns as they come.
_ALARM_MODEL = "boosting"
_N_DRAWS = 200


def cross_fit(
    examples: Examples,
    names: Sequence[str],
    settings: TableSettings,
    progress: Progress | None = None,
) -> Scored:
    """Each user scored by models trained on other users; resampling stays inside the training."""
    scored = forward(
        examples,
        examples,
        names,
        # All rows are of one day, and the labels are known: nothing is open.
        horizon_days=0,
        random_state=settings.random_state,
        n_folds=N_FOLDS,
        sampling=settings.sampling,
        fold_of=lambda rows: stratified_fold(rows.user_id, rows.y, N_FOLDS, "table"),
        progress=progress,
    )
    return replace(scored, protocol="cross_fit", label="out of user, not out of time")


def look_at_leading_column(examples: Examples, settings: TableSettings) -> list[str]:
    """A note if one column outweighs all others; an error if it behaves like a stopped clock.

    Asked before the models are trained: an alarm should not come after a minute's work.
    """
    lead = leading_column(examples.X, examples.y, settings.allow)
    if lead is None or len(lead.copies) == examples.X.shape[1]:
        return []
    plain = replace(settings, sampling=samplings.NONE)
    whole = cross_fit(examples, [_ALARM_MODEL], plain)
    without = replace(examples, X=examples.X.drop(columns=list(lead.copies)))
    others = cross_fit(without, [_ALARM_MODEL], plain)
    note = stop_on_leading_column(
        lead,
        examples.y,
        whole.probability(_ALARM_MODEL),
        others.probability(_ALARM_MODEL),
        examples.user_id,
        rng=np.random.default_rng([settings.random_state, 11]),
        model=_ALARM_MODEL,
    )
    return [] if note is None else [note]


def ranking_note(scored: Scored, random_state: int) -> str | None:
    """Which models the data cannot tell from the best by AUC (K40); None if the best is alone."""
    test = scored.test
    probabilities = {name: scored.probability(name) for name in scored.models}
    rng = np.random.default_rng([random_state, 13])
    found = bootstrap(test.y, probabilities, test.user_id, rng=rng, n_draws=_N_DRAWS)
    aucs = {name: figures["auc"] for name, figures in found.values.items()}
    best = min(aucs, key=lambda name: (-aucs[name], name))
    alike = [name for name in sorted(aucs) if name != best and not _is_beyond(found, best, name)]
    if not alike:
        return None
    low, high = _interval(found, best, alike[0])
    return (
        f"Not enough data to rank all models: {best} cannot be told from {', '.join(alike)} "
        f"(its AUC minus that of {alike[0]}: {low:+.3f} to {high:+.3f})."
    )


def _is_beyond(found: Bootstrap, best: str, other: str) -> bool:
    return _interval(found, best, other)[0] > 0


def _interval(found: Bootstrap, best: str, other: str) -> tuple[float, float]:
    _, low, high = found.difference(best, other).loc["auc"].to_numpy(dtype=np.float64)
    return float(low), float(high)
