"""What every churn model promises: fit, predict, contributions, save, load."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tenuto import sampling as samplings
from tenuto import saved
from tenuto.churn import CATALOGUE
from tenuto.churn._examples import Examples, as_features
from tenuto.churn._follow_up import FollowUp
from tenuto.errors import ContractError, NotEnoughData

__all__ = ["ChurnModel", "Examples"]

_CARD = {"model", "columns", "settings", "sampling"}


class ChurnModel(ABC):
    """P(the listener leaves) from features.

    A member writes `_fit`, `_predict`, `_dump` and `_restore`; checking, ordering and
    files are done here. ``settings`` are the keywords of its ``__init__``, kept as they
    are in the saved manifest, so they must be plain JSON values.
    """

    #: Columns that must be there; when there are any, the model uses no others.
    needs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **settings: Any):
        self.settings = settings
        self.columns: tuple[str, ...] = ()
        self.sampling = samplings.NONE
        self.shift = 0.0

    @classmethod
    def name(cls) -> str:
        """Its name in the catalogue and on the command line."""
        return cls.__module__.rpartition(".")[2]

    def fit(self, examples: Examples, *, random_state: int, sampling: str = samplings.NONE) -> Self:
        """Learn from labelled examples.

        The same rows in another order, or columns in another order, give the same model,
        byte for byte. With ``sampling``, a member of its room, a model that learns from
        single rows learns from the rows drawn; what it predicts is put back to the natural
        rate (K46).

        Raises
        ------
        UnknownName : if there is no such sampling
        ContractError : if there are no labels, no columns, or a needed column is missing
        NotEnoughData : if all listeners left, or none did
        """
        if examples.y is None:
            raise ContractError("examples without labels cannot train", mend="pass y")
        n_churned = int(examples.y.sum())
        if n_churned in (0, len(examples)):
            raise NotEnoughData(
                f"{n_churned} of {len(examples)} listeners left: nothing to tell apart",
                mend="take an earlier cutoff, more listeners, or another label or horizon",
            )
        if sampling != samplings.NONE:
            samplings.CATALOGUE.get(sampling)
        self.sampling, self.shift = sampling, 0.0
        ordered = examples.in_order()
        self.columns = self.needs or tuple(str(column) for column in ordered.X.columns)
        X = self._matrix(ordered.X)
        labels = ordered.y
        assert labels is not None
        # One BLAS thread: on busy cores more are slower, and sums differ in their last bits.
        with threadpool_limits(1, user_api="blas"):
            self._fit_followed(X, labels, ordered.user_id, int(random_state), ordered.follow_up)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """P(churn) per row, float64 in [0, 1].

        Columns are found by name: their order does not matter, others are ignored.

        Raises
        ------
        ContractError : if the model was not fitted, or a column it knows is missing
        """
        matrix = self._matrix(X)
        if len(matrix) == 0:
            return np.empty(0)
        return self.probability(matrix)

    def probability(self, matrix: np.ndarray) -> np.ndarray:
        """`predict` for at least one row of a matrix whose columns are in the model's order."""
        p = np.clip(np.asarray(self._predict(matrix), dtype=np.float64), 0.0, 1.0)
        return samplings.shifted(p, self.shift)

    def training_rows(self, X: np.ndarray, y: np.ndarray, seed: int) -> samplings.Rows:
        """For `_fit`: the rows to learn from; rows held out to stop early stay as they are.

        Keeps what to add to the log-odds of a prediction for the natural rate (``shift``).
        """
        if self.sampling == samplings.NONE:
            return samplings.Rows(X, y)
        rows = samplings.resampled(samplings.CATALOGUE.get(self.sampling), X, y, seed)
        self.shift = samplings.log_odds_shift(float(y.mean()), rows.share())
        return rows

    def held_out_weights(self, y: np.ndarray, rows: samplings.Rows) -> np.ndarray | None:
        """Weights under which rows held out have the share of positives learned from.

        Else the loss that says when to stop would mostly tell that the rates differ.
        """
        is_natural = self.sampling == samplings.NONE
        return None if is_natural else samplings.class_weights(y, rows.share())

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """What each column adds to the row's log-odds; they sum, with ``expected``, to it.

        Columns are those of the model and ``expected``, the log-odds of an average row.

        Raises
        ------
        ContractError : if this kind of model cannot say
        """
        raise ContractError(
            f"'{self.name()}' cannot say why", mend="ask boosting or logistic for reasons"
        )

    def save(self, folder: Path | str) -> str:
        """Write the model to ``folder``, replacing a model there; the digest of its manifest.

        The same fit gives the same bytes, so the digest names the model.
        """
        self._check_fitted()
        card = {
            "model": self.name(),
            "columns": list(self.columns),
            "settings": self.settings,
            "sampling": {"name": self.sampling, "shift": self.shift},
        }
        return saved.write_folder(Path(folder), card, self._dump())

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """A saved model, of whatever kind it is; nothing in the folder is executed.

        Raises
        ------
        ContractError : if a file is missing, added or changed, or the model is of a
            kind other than the class asked
        """
        card, files = saved.read_folder(Path(folder), _CARD)
        kind = CATALOGUE.get(str(card["model"])).Model
        if not issubclass(kind, cls):
            raise ContractError(
                f"{folder} holds '{kind.name()}', not '{cls.name()}'",
                mend="load it with ChurnModel.load, which takes any kind",
            )
        try:
            model = kind(**card["settings"])
            model.columns = tuple(card["columns"])
            sampling = card["sampling"]
            model.sampling, model.shift = str(sampling["name"]), float(sampling["shift"])
            model._restore(files)
        except (KeyError, TypeError, ValueError) as problem:
            raise ContractError(
                f"{folder} does not hold a whole '{kind.name()}': {problem}",
                mend="save the model again with this version of Tenuto",
            ) from problem
        return model

    def _fit_followed(
        self,
        X: np.ndarray,
        y: np.ndarray,
        user_id: np.ndarray,
        seed: int,
        follow_up: FollowUp | None,
    ) -> None:
        """`_fit`, for a model that learns from when it happened, where that is known."""
        self._fit(X, y, user_id, seed)

    @abstractmethod
    def _fit(self, X: np.ndarray, y: np.ndarray, user_id: np.ndarray, seed: int) -> None:
        """Learn; ``X`` has one column per name in ``self.columns``, NaN for NULL."""

    @abstractmethod
    def _predict(self, X: np.ndarray) -> np.ndarray:
        """P(churn) of at least one row."""

    @abstractmethod
    def _dump(self) -> dict[str, bytes]:
        """File name -> content; the same bytes for the same model."""

    @abstractmethod
    def _restore(self, files: dict[str, bytes]) -> None:
        """Undo `_dump`; the content is as written, but a file may be missing (KeyError)."""

    def _matrix(self, X: pd.DataFrame) -> np.ndarray:
        self._check_fitted()
        missing = [column for column in self.columns if column not in X.columns]
        if missing:
            raise ContractError(
                f"'{self.name()}' needs columns that are not there: {', '.join(missing)}",
                mend="build the features with the families it was trained on",
            )
        return as_features(X[list(self.columns)]).to_numpy()

    def _check_fitted(self) -> None:
        if not self.columns:
            raise ContractError(
                f"'{self.name()}' has no columns: it was not fitted, or on an empty table",
                mend="call fit, or load a saved model",
            )
