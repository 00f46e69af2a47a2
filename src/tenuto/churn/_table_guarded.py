"""The guards that can be asked of a table: it has no log to build features again from."""

from __future__ import annotations

import pandas as pd

from tenuto.churn._examples import Examples
from tenuto.churn._table_examples import TableSettings
from tenuto.errors import LeakError
from tenuto.guards import Rows, Study, run_guards

#: Sums that counted the outcome are not here: what a table counted is left out, and said.
ASKED = ("single_feature", "target_encoding", "row_numbers", "duplicate_rows")


def guard_table(examples: Examples, settings: TableSettings) -> pd.DataFrame:
    """What the guards said of a table: see `run_guards`.

    Raises
    ------
    LeakError : if any refuses; the mend names the options of ``tenuto churn train``
    """
    rows = Rows(examples.user_id, examples.cutoff, examples.X, examples.y)
    try:
        return run_guards(Study(rows, rows), settings.allow, ASKED)
    except LeakError as refusal:
        mend = str(refusal.mend).replace(
            "name it in churn.allow_features in tenuto.toml", "let it pass (--allow COLUMN)"
        )
        raise LeakError(
            refusal.message, mend=f"{mend}. To leave a column out: --drop COLUMN"
        ) from None
