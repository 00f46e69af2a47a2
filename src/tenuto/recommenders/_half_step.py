"""Where items stand among listeners: the other half of alternating least squares.

With the listeners' places fixed, an item is placed by the same ridge regression as a listener
among fixed items (see ``_fold_in.py``). One such step for the items that a day has changed is what
a whole fit would do next for them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from tenuto.recommenders._change import Change, is_liked
from tenuto.recommenders._fold_in import Evidence, FoldedIn, equal_lengths, solved
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import Interactions
from tenuto.threads import one_blas_thread


class Alternating(FoldedIn):
    """A member whose fit alternates between listeners and items, both by `_evidence`."""

    def _evidence_of_items(self, liked_by: csr_array) -> Evidence:
        """As `_evidence`, with items as rows and all listeners with taste as columns."""
        return self._evidence(liked_by)

    def _update(self, interactions: Interactions, change: Change) -> None:
        """Changed and new items are placed among the listeners, these among the other items.

        Listeners who like nothing but new items have no place yet, so do not help to find one.
        """
        if change.is_none:
            return
        self._carry(interactions, change)
        users, liked_by = self._who_likes(interactions.histories)
        is_there = change.is_changed & is_liked(interactions.histories)
        items = np.flatnonzero(is_there & (np.diff(liked_by.indptr) > 0))
        factors, known = self.item_factors.copy(), liked_by[items]
        evidence = self._evidence_of_items(known)
        factors[items] = placed_items(users, known, evidence, self.unobserved)
        offered = np.flatnonzero(~np.isnan(factors).any(axis=1))
        self._place_items(factors[offered], offered, len(factors))

    def _who_likes(self, histories: Histories) -> tuple[NDArray[np.float64], csr_array]:
        """Places of the listeners who have one, and items by these listeners."""
        users = self._user_factors(histories)
        rows = np.flatnonzero(~np.isnan(users).any(axis=1))
        return users[rows], csr_array(histories.take(rows).taste().T.tocsr())


def placed_items(
    users: NDArray[np.float64], liked_by: csr_array, evidence: Evidence, unobserved: float
) -> NDArray[np.float64]:
    """The place of each item.

    Parameters
    ----------
    users : (listeners, factors), all those with taste
    liked_by : items by listeners, who likes each; an item liked by nobody is placed at 0
    evidence : of the entries of ``liked_by``, and a ridge per item
    unobserved : what a listener weighs who has not touched the item
    """
    placed = np.zeros((liked_by.shape[0], users.shape[1]))
    with one_blas_thread():
        # Turned until the listeners' Gram matrix is diagonal, and back.
        spread, axes = np.linalg.eigh(users.T @ users)
        turned = users @ axes
        for rows, entries in equal_lengths(liked_by.indptr, users.shape[1]):
            U = turned[liked_by.indices[entries]]
            towards = evidence.pull[entries][:, None, :] @ U
            diagonal = unobserved * np.maximum(spread, 0) + evidence.ridge[rows][:, None]
            placed[rows] = solved(U, evidence.confidence[entries], diagonal, towards)[:, 0]
        return placed @ axes.T
