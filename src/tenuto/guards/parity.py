"""Training and scoring build features in one way, for a listener alone as for all together.

A mean over all listeners, a rank among them or a code learned from them makes a listener's
feature depend on who else is in the table: on another day, or in another service's call, it
means something else (K43). Only sums of one listener's own days are asked for here.
"""

from __future__ import annotations

import numpy as np

from tenuto.errors import LeakError, NotEnoughData
from tenuto.guards._contract import WHOLE, Study, quoted

LABEL = "Do training and scoring see the same features?"
# Other files, other order of summing: the last bits may differ.
_TOLERANCE = 1e-9


def check(study: Study) -> str:
    """The same columns and definitions on both sides, the same values alone (churn.md §4.3, 6)."""
    trained, scored = list(study.training.X.columns), list(study.tested.X.columns)
    if set(trained) != set(scored):
        odd = sorted(set(trained) ^ set(scored))
        raise LeakError(
            f"on one side only, training or scoring: {quoted(odd)}",
            mend="build both with one call of build_features, with the same windows",
        )
    _refuse_other_definitions(study)
    said = f"the same {len(trained)} columns in training and scoring"
    if study.definitions:
        said += f", defined alike (hash {next(iter(study.definitions.values()))[:12]})"
    if study.rebuild is None:
        return said
    return f"{said}; {_alone(study)}"


def _refuse_other_definitions(study: Study) -> None:
    if len(set(study.definitions.values())) > 1:
        places = ", ".join(f"{where} {digest[:12]}" for where, digest in study.definitions.items())
        raise LeakError(
            f"features are defined otherwise in training than in scoring: {places}",
            mend="train again: a column of the same name means something else now",
        )


def _alone(study: Study) -> str:
    assert study.rebuild is not None
    alone = study.rebuild(WHOLE)
    together = study.tested.X.set_axis(study.tested.user_id, axis="index")
    both = alone.index.intersection(together.index)
    if both.empty:
        raise NotEnoughData("none of the listeners built again is among those scored")
    columns = [name for name in study.open_columns(together) if name in alone]
    left = together.loc[both, columns].to_numpy(dtype=np.float64)
    right = alone.loc[both, columns].to_numpy(dtype=np.float64)
    same = np.isclose(left, right, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True).all(axis=0)
    odd = [name for name, is_same in zip(columns, same, strict=True) if not is_same]
    if odd:
        raise LeakError(
            f"{quoted(odd)} of a listener depends on which other listeners are in the table",
            mend="sum only the listener's own days; what is learned from many belongs in the "
            f"model, fitted on training rows: {', '.join(study.place(name) for name in odd[:3])}",
        )
    return f"of {len(both):,} listeners alone as among all"
