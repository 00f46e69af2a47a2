"""New rows are made up between neighbours of the smaller class until both are of one size (SMOTE).

Chawla et al., "SMOTE: synthetic minority over-sampling technique", JAIR 2002.
"""

from __future__ import annotations

import numpy as np
from imblearn.over_sampling import SMOTE
from sklearn.preprocessing import StandardScaler

from tenuto.errors import NotEnoughData
from tenuto.sampling._contract import Rows

LABEL = "SMOTE"
N_NEIGHBOURS = 5


def resample(X: np.ndarray, y: np.ndarray, seed: int) -> Rows:
    """The rows as they are, NaN included, then the made-up ones.

    Neighbours are sought among scaled columns with large counts tamed (arcsinh) and NaN filled
    with the median, beside an indicator of what was missing: where a made-up row is nearer
    to the missing, it is NaN. A column of only 0 and 1 gets no values between them.

    Raises
    ------
    NotEnoughData : if the smaller class has a single row, which has no neighbours
    """
    n_few = int(min(y.sum(), len(y) - y.sum()))
    if n_few < 2:
        raise NotEnoughData(
            "SMOTE needs at least 2 rows of the smaller class, and there is 1",
            mend="take class_weight or oversample instead",
        )
    missing = np.isnan(X)
    scaler = StandardScaler()
    scaled = scaler.fit_transform(np.arcsinh(_filled(X, missing)))
    sampler = SMOTE(k_neighbors=min(N_NEIGHBOURS, n_few - 1), random_state=seed)
    drawn, labels = sampler.fit_resample(np.hstack([scaled, missing]), y)
    made, is_missing = np.hsplit(drawn[len(y) :], [X.shape[1]])
    values = np.sinh(scaler.inverse_transform(made)) if len(made) else made
    binary = _is_binary(X)
    values[:, binary] = np.rint(values[:, binary])
    values[is_missing > 0.5] = np.nan
    return Rows(np.vstack([X, values]), labels)


def _filled(X: np.ndarray, missing: np.ndarray) -> np.ndarray:
    known = ~missing.all(axis=0)
    medians = np.zeros(X.shape[1])
    medians[known] = np.nanmedian(X[:, known], axis=0)
    return np.where(missing, medians, X)


def _is_binary(X: np.ndarray) -> np.ndarray:
    return (np.isnan(X) | (X == 0) | (X == 1)).all(axis=0)
