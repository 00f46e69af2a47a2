"""From scores to probabilities: learned at a later closed cutoff, of other users, or not at all.

Four windows one after the other: train, calibrate, and only then test or call (churn.md §4.4). The
calibrators of a list are learned from the test that came before it, where models of the same kind
scored listeners they did not know, at a cutoff after those they trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from tenuto.calibration import CATALOGUE, Calibrator, choose
from tenuto.churn._protocols import Scored
from tenuto.errors import NotEnoughData
from tenuto.timeline import HEADLINE

NONE = "none"


@dataclass(frozen=True)
class Calibration:
    """What scores of one model go through, by the fold that the listener is in.

    Parameters
    ----------
    learned_at : the cutoff whose outcomes it was learned from; None where there was none
    kind : a member of `tenuto.calibration`
    by_fold : one per fold, learned without the users of that fold; none in them changes nothing
    whole : learned from all of them, for listeners that nobody knows yet
    tried : one row per candidate, see `tenuto.calibration.choose`
    """

    learned_at: date | None
    kind: str
    by_fold: Sequence[Calibrator]
    whole: Calibrator
    tried: pd.DataFrame

    @classmethod
    def nothing(cls) -> Calibration:
        """Scores stay as they are: there is no closed cutoff to learn from."""
        return cls(None, NONE, (), CATALOGUE.get(NONE).Calibrator(), pd.DataFrame())

    def applied(self, scored: Scored, model: str) -> Scored:
        """``scored`` with the probabilities of ``model`` calibrated, each by its own fold's."""
        if self.kind == NONE:
            return scored
        scores = scored.scores.copy()
        for fold, calibrator in enumerate(self.by_fold):
            rows = (scores["model"] == model) & (scores["fold"] == fold)
            scores.loc[rows, "probability"] = calibrator.apply(scores.loc[rows, "score"].to_numpy())
        return replace(scored, scores=scores)

    def to_dict(self) -> dict[str, Any]:
        """Everything needed to apply it again, as JSON."""
        return {
            "kind": self.kind,
            "learned_at": self.learned_at,
            "by_fold": [each.to_json() for each in self.by_fold],
            "whole": self.whole.to_json(),
        }


def learned(
    scored: Scored,
    model: str,
    rows: np.ndarray,
    cutoff: date,
    *,
    random_state: int,
    n_draws: int,
) -> Calibration:
    """What a test with known outcomes teaches of ``model``, from its ``rows`` (a bool mask).

    The kind is chosen on all of them; a fold's own calibrator has not seen its users.
    """
    said, y = scored.of(model), scored.test.y
    assert y is not None
    p, fold = said["score"].to_numpy()[rows], said["fold"].to_numpy()[rows]
    y, users = y[rows], scored.test.user_id[rows]
    rng = np.random.default_rng([random_state, 17])
    choice = choose(p, y, users, rng=rng, n_draws=n_draws)
    make = CATALOGUE.get(choice.name).Calibrator
    tried = choice.table.assign(learned_at=cutoff, population=HEADLINE, n_rows=len(y))
    try:
        by_fold = [
            make().fit(p[fold != each], y[fold != each])
            for each in range(len(scored.models[model]))
        ]
    except NotEnoughData:
        # Enough in all, not without one fold: then nobody's own outcome would be left out.
        return Calibration(cutoff, NONE, (), CATALOGUE.get(NONE).Calibrator(), tried)
    return Calibration(cutoff, choice.name, by_fold, choice.calibrator, tried)
