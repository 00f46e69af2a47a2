"""A logistic curve through calibration rows, with slopes that are never negative."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from tenuto.evaluation._ranked import Floats

# Where the rows cannot tell a slope it stays at 1. Small enough to move nothing they can tell.
_PULL_TO_ONE = 1e-8


def fit_logistic(columns: Floats, y: Floats) -> tuple[float, Floats]:
    """Intercept and slopes, each at least 0, of P(y=1) = expit(intercept + columns @ slopes).

    Parameters
    ----------
    columns : shape (n, k), finite
    y : 0 or 1 per row, some of either

    Notes
    -----
    The targets are not 0 and 1 but Platt's, 1 / (n0 + 2) and (n1 + 1) / (n1 + 2), so that rows
    that part the classes completely still give a finite slope. Platt, "Probabilistic outputs for
    support vector machines", 1999. A slope below 0 would call the least likely first: it is
    held at 0, which gives everybody the base rate.
    """
    n_left = y.sum()
    targets = np.where(y == 1, (n_left + 1) / (n_left + 2), 1 / (len(y) - n_left + 2))
    middle, spread = columns.mean(axis=0), columns.std(axis=0)
    # A column that does not vary is left as it is: its slope is told by nothing and stays 1.
    scale = np.where(spread > 1e-12, spread, 1.0)
    scaled = (columns - middle) / scale

    def loss(theta: Floats) -> tuple[float, Floats]:
        line = theta[0] + scaled @ theta[1:]
        too_far = theta[1:] / scale - 1
        value = np.mean(np.logaddexp(0, line) - targets * line) + _PULL_TO_ONE * too_far @ too_far
        residual = expit(line) - targets
        slopes = scaled.T @ residual / len(y) + 2 * _PULL_TO_ONE * too_far / scale
        return float(value), np.concatenate([[residual.mean()], slopes])

    start = np.concatenate([[0.0], scale])
    bounds = [(None, None)] + [(0.0, None)] * columns.shape[1]
    options = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    slopes = found[1:] / scale
    return float(found[0] - middle @ slopes), slopes


def numbers_of(values: Mapping[str, object], names: tuple[str, ...]) -> list[float]:
    """The finite numbers called ``names``, and no others, out of saved values.

    Raises
    ------
    KeyError, TypeError, ValueError : if one is missing, one too many, or not a finite number
    """
    if set(values) != set(names):
        raise KeyError(f"expected {', '.join(names)}, found {', '.join(sorted(values)) or 'none'}")
    found = [float(values[name]) for name in names]  # type: ignore[arg-type]
    if not np.isfinite(found).all():
        raise ValueError(f"not finite: {found}")
    return found
