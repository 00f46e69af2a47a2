"""A newer base rate, when only the level has moved: one shift of the log-odds for everybody."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from scipy.special import expit

from tenuto.errors import ContractError
from tenuto.evaluation._ranked import Floats
from tenuto.evaluation.calibration import calibration_intercept, logits


def shifted_to_rate(p, rate: float) -> Floats:
    """``p`` with one number added to all log-odds, so that the mean is ``rate``.

    Parameters
    ----------
    p : probabilities, calibrated where that was possible
    rate : share of leavers in (0, 1), counted in a window that closed after the one that ``p``
        was calibrated on, among listeners chosen by the same rule

    Returns
    -------
    The order stays; shape and slope stay. No rows, no answers.

    Raises
    ------
    ContractError : if ``rate`` is not in (0, 1)

    Notes
    -----
    Honest only while `is_later_and_closed` holds: the rate of the window being predicted is not
    known, and that of an older one is in the calibration already. The rate of the listeners scored
    need not be that of the window: where the mix has changed (more newcomers), a shift makes it
    worse, so shift only after the same listeners' mean and rate have parted. Saerens, Latinne &
    Decaestecker, Neural Computation 2002.
    """
    if not 0 < rate < 1:
        raise ContractError(
            f"a base rate of {rate:.4g}", mend="pass a share between 0 and 1, neither included"
        )
    log_odds = logits(p)
    if len(log_odds) == 0:
        return log_odds
    # Only the mean of its labels is looked at, so the rate may stand in for each of them.
    shift = calibration_intercept(
        np.full(len(log_odds), rate), log_odds, np.ones(len(log_odds)), start=0.0
    )
    return expit(log_odds + shift)


def is_later_and_closed(
    window_start: date, horizon_days: int, calibrated_at: date, scored_at: date
) -> bool:
    """Whether the rate of a window may correct a calibration without looking ahead.

    The window must begin after the cutoff calibrated on, or it tells nothing new, and must have
    closed by the cutoff scored, or it looks ahead.
    """
    closed_on = window_start + timedelta(days=horizon_days)
    return calibrated_at < window_start and closed_on <= scored_at
