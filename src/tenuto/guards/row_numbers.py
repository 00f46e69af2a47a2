"""Neither the number of a row nor the id tells who leaves.

Tables are often put together from a list of leavers and a list of the others. A row number or an
id then is the label, and whatever was made differently for the two lists is, too. That ids rise
with the day of signing up is honest and tells a little.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenuto.errors import LeakError
from tenuto.evaluation._ranked import plain_auc
from tenuto.evaluation.leaks import FEATURE_LIMIT, MIN_OF_EACH_CLASS
from tenuto.guards._contract import Study

LABEL = "Do row numbers or ids tell who leaves?"
#: AUC of the order of rows from which a column that repeats it is refused.
ORDER_LIMIT = 0.6
_IS_ORDER = 0.999
_SHARE_DISTINCT = 0.9


def check(study: Study) -> str:
    """AUC of ids at most 0.95; of a column that is but the order of rows, at most 0.6."""
    X, y = study.judged()
    labels = np.asarray(y)
    if min((labels == 1).sum(), (labels == 0).sum()) < MIN_OF_EACH_CLASS:
        return "too few of either kind to tell"
    ids = study.tested.user_id if study.is_judged is None else study.tested.user_id[study.is_judged]
    by_id, by_row = _ranks(ids), np.arange(len(labels), dtype=np.float64)
    _refuse_telling_ids(study, by_id, labels)
    for name in study.open_columns(X):
        for order, said in ((by_row, "the order of rows"), (by_id, "the order of ids")):
            auc = _auc(labels, order)
            if auc > ORDER_LIMIT and _repeats(X[name], order):
                raise LeakError(
                    f"'{name}' is {said} under another name, and that alone has AUC {auc:.3f}: "
                    "rows were put together by outcome",
                    mend=f"leave out {study.place(name)}; the place of a row is not what a "
                    "listener did",
                )
    return f"ids alone have AUC {_auc(labels, by_id):.3f}, and no column repeats the order of rows"


def _refuse_telling_ids(study: Study, by_id: np.ndarray, labels: np.ndarray) -> None:
    auc = _auc(labels, by_id)
    if auc > FEATURE_LIMIT and "user_id" not in study.allow:
        raise LeakError(
            f"ids alone tell who leaves, AUC {auc:.3f}: leavers and the others come from two lists",
            mend="take both from one list made before anybody left; if ids are honest, let "
            "'user_id' pass by name (--allow user_id)",
        )


def _ranks(ids: np.ndarray) -> np.ndarray:
    return pd.Series(ids).rank(method="average").to_numpy(dtype=np.float64)


def _auc(labels: np.ndarray, order: np.ndarray) -> float:
    figure = plain_auc(labels, order)
    return max(figure, 1 - figure)


def _repeats(values: pd.Series, order: np.ndarray) -> bool:
    """Whether a column is a numbering of rows: nearly all different, and in that order."""
    if values.nunique() < _SHARE_DISTINCT * len(values):
        return False
    likeness = np.corrcoef(values.rank().to_numpy(np.float64), pd.Series(order).rank())[0, 1]
    return bool(abs(likeness) > _IS_ORDER)
