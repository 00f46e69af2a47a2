"""No model scores a listener it was trained on.

A model that has met a listener remembers: with several cutoffs in training, the same person's
earlier rows give the later ones away (K5, K47).
"""

from __future__ import annotations

import numpy as np

from tenuto.errors import LeakError, NotEnoughData
from tenuto.guards._contract import Study, quoted

LABEL = "Is every listener scored by a model that never met them?"


def check(study: Study) -> str:
    """For each fold, users of the training rows and of the rows scored are different people."""
    training_fold, fold = study.training_fold, study.fold
    if training_fold is None or fold is None:
        raise NotEnoughData("nobody has been scored yet")
    met: set = set()
    for number in np.unique(fold):
        known = study.training.user_id[training_fold != number]
        scored = study.tested.user_id[fold == number]
        met |= set(scored[np.isin(scored, known)].tolist())
    if met:
        raise LeakError(
            f"{len(met):,} of {len(np.unique(study.tested.user_id)):,} listeners are scored by a "
            f"model that was trained on them, such as {quoted(sorted(met, key=str)[:3])}",
            mend="split by user, not by row: evaluation.folds.user_fold gives a user one side",
        )
    return (
        f"{len(np.unique(study.tested.user_id)):,} listeners in {len(np.unique(fold))} folds, "
        "none scored by a model that was trained on them"
    )
