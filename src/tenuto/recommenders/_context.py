"""What the moment says of an item: played more than others in the evening, or on this device.

S2-W6 guesses: rock in working hours, light music in the evening. Here it is counted. An item's
lift in a context is its share of plays there over that of all items:

    lift = (n_ic + m * q_c) / (n_i + m) / q_c

n_ic plays of item i in context c, n_i in all contexts, q_c the share of all plays that are in c.
An item of few plays is drawn to a lift of 1 by ``m``, the plays' worth of doubt. The place on the
list is then divided by ``lift ** strength``, which means the same for every recommender.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenuto.errors import ContractError, NotEnoughData
from tenuto.reranking import Candidates

#: Beyond a lift of 16, or below a sixteenth, an item is not taken at its word. Arbitrary.
_MOST = 4.0


@dataclass(frozen=True)
class ContextPrior:
    """A shrunken lift per item and context.

    contexts : their names; the number of a context is its place here
    log2_lift : float32, (items, contexts)
    shrinkage, strength : as in `fit`; at a strength of 0 nothing is adjusted
    """

    contexts: tuple[str, ...]
    log2_lift: NDArray[np.float32]
    shrinkage: float
    strength: float

    @classmethod
    def fit(
        cls, counts, contexts: Sequence[str], *, shrinkage: float = 50.0, strength: float = 1.0
    ) -> Self:
        """From plays per item and context.

        Parameters
        ----------
        counts : (items, contexts), at least 0; of the time before whatever it is used on
        shrinkage : ``m``, above 0
        strength : at least 0; 1 takes the lift as it is

        Raises
        ------
        ContractError : if the shape does not fit the contexts, or a number is negative
        NotEnoughData : if nothing was played in any context
        """
        plays = np.asarray(counts, dtype=np.float64)
        _check(plays, contexts, shrinkage, strength)
        share = plays.sum(axis=0) / plays.sum()
        usual = plays.sum(axis=1, keepdims=True) + shrinkage
        # A context in which nobody played anything says nothing.
        expected = np.where(share > 0, share, 1.0)
        found = (plays + shrinkage * share) / usual / expected
        lift = np.log2(np.where(share > 0, found, 1.0))
        bounded = np.clip(lift, -_MOST, _MOST).astype(np.float32)
        return cls(tuple(contexts), bounded, float(shrinkage), float(strength))

    def adjust(self, candidates: Candidates, context: NDArray[np.int64]) -> Candidates:
        """In the order for the moment of each row.

        Parameters
        ----------
        context : one number per row, -1 where the moment is not known: that row stays as it is
        """
        if len(context) != len(candidates):
            raise ContractError(
                f"{len(context)} contexts for {len(candidates)} lists",
                mend="pass one number per list, -1 where it is not known",
            )
        if self.strength == 0 or not candidates.is_there().any():
            return candidates
        lift = self.log2_lift[candidates.item, np.asarray(context)[:, None]]
        is_known = np.asarray(context)[:, None] >= 0
        return candidates.leaned(-self.strength * np.where(is_known, lift, 0.0))

    def number_of(self, name: str) -> int:
        """The number of a context; -1 if it was not met."""
        return self.contexts.index(name) if name in self.contexts else -1

    def to_tables(self) -> dict[str, pa.Table]:
        """Two tables to be saved: the lifts, a column per context, and the settings."""
        columns = {f"c{number}": lift for number, lift in enumerate(self.log2_lift.T)}
        settings = {
            "context": list(self.contexts),
            "shrinkage": [self.shrinkage] * len(self.contexts),
            "strength": [self.strength] * len(self.contexts),
        }
        return {"context_lifts": pa.table(columns), "contexts": pa.table(settings)}

    @classmethod
    def of_tables(cls, tables: dict[str, pa.Table]) -> Self:
        """Undo `to_tables`."""
        lifts, settings = tables["context_lifts"], tables["contexts"].to_pydict()
        return cls(
            tuple(settings["context"]),
            np.column_stack([column.to_numpy() for column in lifts.columns]).astype(np.float32),
            settings["shrinkage"][0],
            settings["strength"][0],
        )


def _check(plays: NDArray, contexts: Sequence[str], shrinkage: float, strength: float) -> None:
    if plays.ndim != 2 or plays.shape[1] != len(contexts):
        raise ContractError(
            f"counts of shape {plays.shape} for {len(contexts)} contexts",
            mend="pass one row per item and one column per context",
        )
    if not (plays >= 0).all() or not shrinkage > 0 or not strength >= 0:
        raise ContractError(
            "a count or the strength is negative, or shrinkage is not above 0",
            mend="pass counts and a strength of at least 0, and a shrinkage above 0",
        )
    if plays.sum() == 0:
        raise NotEnoughData(
            "nothing was played in any context", mend="leave the context out, or ingest again"
        )
