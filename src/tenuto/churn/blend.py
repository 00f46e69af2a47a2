"""Several models in one: the mean of their log-odds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from tenuto.churn import CATALOGUE
from tenuto.churn._contract import ChurnModel
from tenuto.errors import ContractError
from tenuto.saved import as_json, from_json

LABEL = "Blend"
NEEDS: tuple[str, ...] = ()
ON_REQUEST = True

# No part is so sure that it outvotes the others whatever they say.
_LEAST = 1e-6


class Model(ChurnModel):
    """Trees see steps and what goes together, a line sees the trend: their errors differ.

    Parameters
    ----------
    parts : members of the room without needs; if all give reasons, so does the blend

    Raises
    ------
    ContractError : if there is no part, one twice, or one with needs
    """

    needs = NEEDS

    def __init__(self, parts=("boosting", "logistic")):
        super().__init__(parts=list(parts))
        self.parts: list[ChurnModel] = [CATALOGUE.get(name).Model() for name in parts]
        choosy = [part.name() for part in self.parts if part.needs]
        if choosy or not parts or len(set(parts)) < len(parts):
            raise ContractError(
                f"cannot blend {', '.join(parts) or 'nothing'}",
                mend="name models once each, and none that uses columns of its own choice "
                f"({', '.join(choosy) or 'none here'})",
            )

    def _fit(self, X, y, user_id, seed):
        for part in self.parts:
            # Each part puts its own probabilities back to the natural rate.
            part.columns, part.sampling, part.shift = self.columns, self.sampling, 0.0
            part._fit(X, y, user_id, seed)

    def _predict(self, X):
        p = np.column_stack([part.probability(X) for part in self.parts])
        return expit(logit(np.clip(p, _LEAST, 1 - _LEAST)).mean(axis=1))

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """The mean of what the column adds in each part."""
        tables = [part.contributions(X) for part in self.parts]
        return pd.DataFrame(
            np.mean([table.to_numpy() for table in tables], axis=0),
            columns=[*self.columns, "expected"],
        )

    def _dump(self):
        shifts = {part.name(): part.shift for part in self.parts}
        files = {"parts.json": as_json(shifts)}
        for part in self.parts:
            files |= {
                f"{part.name()}.{file}": part_file for file, part_file in part._dump().items()
            }
        return files

    def _restore(self, files):
        shifts = from_json(files["parts.json"])
        for part in self.parts:
            start = f"{part.name()}."
            own = {
                file.removeprefix(start): content
                for file, content in files.items()
                if file.startswith(start)
            }
            part.columns, part.sampling = self.columns, self.sampling
            part.shift = float(shifts[part.name()])
            part._restore(own)
