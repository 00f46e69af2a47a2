"""What every calibrator promises: fit, apply, and JSON in and out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tenuto.calibration import CATALOGUE
from tenuto.errors import ContractError, NotEnoughData
from tenuto.evaluation._ranked import Floats, checked
from tenuto.evaluation.calibration import SMALLEST_PROBABILITY


class Calibrator(ABC):
    """A map from what a model says to a probability, which never turns two listeners round.

    A member writes `_fit`, `_apply`, `_dump` and `_restore`; checking, ordering and bounds are
    done here. Fit it on rows that the model did not train on, of a closed window later than
    the model's own, at the natural rate: a map learned on training rows only repeats that the
    model knows them (churn.md §4.4).
    """

    #: How many numbers it learns; of two that are equally good the one with fewer is taken.
    n_free: ClassVar[float]
    #: Rows of each class below which it learns noise; 0 where nothing is learned.
    least_of_each_class: ClassVar[int]

    @classmethod
    def name(cls) -> str:
        """Its name in the catalogue."""
        return cls.__module__.rpartition(".")[2]

    def fit(self, p, y) -> Self:
        """Learn from probabilities and what came; the order of rows does not matter.

        Parameters
        ----------
        p : what the model said, per row, in [0, 1]
        y : 1 where the listener left, else 0

        Raises
        ------
        NotEnoughData : if there are fewer than ``least_of_each_class`` rows of either class
        ContractError : if lengths differ, a label is not 0 or 1, or ``p`` is not in [0, 1]
        """
        labels, said = checked(y, p)
        _refuse_outside(said)
        self._refuse_few(labels)
        order = np.lexsort((labels, said))
        # One BLAS thread: on busy cores more are slower, and sums differ in their last bits.
        with threadpool_limits(1, user_api="blas"):
            self._fit(said[order], labels[order])
        return self

    def apply(self, p) -> Floats:
        """Calibrated probabilities per row, in [1e-6, 1 - 1e-6]: nothing is ever certain.

        A larger ``p`` never gets a smaller answer; two may get the same one.

        Raises
        ------
        ContractError : if ``p`` is not in [0, 1]
        """
        said = np.asarray(p, dtype=np.float64)
        _refuse_outside(said)
        calibrated = np.asarray(self._apply(said), dtype=np.float64)
        return np.clip(calibrated, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)

    def to_json(self) -> dict[str, Any]:
        """What was learned, as plain JSON values; `from_json` with the name undoes it."""
        return self._dump()

    @staticmethod
    def from_json(name: str, values: dict[str, Any]) -> Calibrator:
        """The calibrator of that name, as it was when `to_json` was asked.

        Raises
        ------
        UnknownName : if there is no such member
        ContractError : if the values are not those of this kind
        """
        calibrator = CATALOGUE.get(name).Calibrator()
        try:
            calibrator._restore(values)
        except (KeyError, TypeError, ValueError) as problem:
            raise ContractError(
                f"these are not the values of a '{name}' calibrator: {problem}",
                mend="train again with this version of Tenuto",
            ) from problem
        return calibrator

    @abstractmethod
    def _fit(self, p: Floats, y: Floats) -> None:
        """Learn from rows in rising order of ``p``, enough of either class."""

    @abstractmethod
    def _apply(self, p: Floats) -> Floats:
        """Calibrated probabilities, never falling where ``p`` rises."""

    @abstractmethod
    def _dump(self) -> dict[str, Any]:
        """What was learned, as plain JSON values."""

    @abstractmethod
    def _restore(self, values: dict[str, Any]) -> None:
        """Undo `_dump`; what was written may be missing or spoilt (KeyError, ValueError)."""

    def _refuse_few(self, labels: Floats) -> None:
        n_positive = int(labels.sum())
        n_fewest = min(n_positive, len(labels) - n_positive)
        if n_fewest < self.least_of_each_class:
            raise NotEnoughData(
                f"{n_positive} of {len(labels)} left: '{self.name()}' needs "
                f"{self.least_of_each_class} listeners of either kind",
                mend="calibrate on more listeners, or keep what the model says",
            )


def _refuse_outside(p: Floats) -> None:
    if len(p) and not (p.min() >= 0 and p.max() <= 1):
        raise ContractError(
            f"probabilities run from {p.min():.4g} to {p.max():.4g}",
            mend="pass probabilities in [0, 1], not scores or logits",
        )
