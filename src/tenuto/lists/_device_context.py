"""What suits a listener's device: a lift of songs there, used where it helped on validation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenuto.errors import NotEnoughData
from tenuto.preferences import item_devices
from tenuto.recommenders._context import ContextPrior
from tenuto.recommenders._context_choice import Moments, choose_context
from tenuto.reranking import Candidates, Pairs
from tenuto.timeline import Past


@dataclass(frozen=True)
class ContextSettings:
    """How the lift is made; off (strength 0) unless it surely helped listeners not chosen by.

    gain, low, high : of NDCG on them, with its 95 % interval; NaN where it was not tried
    """

    shrinkage: float = 50.0
    strength: float = 0.0
    gain: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")

    def prior(self, past: Past, item_ids: pd.Index, window_days: int) -> ContextPrior | None:
        """Of the plays before the cutoff of ``past``; None where it is off."""
        if self.strength == 0:
            return None
        counts, devices = _counts(past, item_ids, window_days)
        return ContextPrior.fit(counts, devices, shrinkage=self.shrinkage, strength=self.strength)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def tried(
    past: Past,
    item_ids: pd.Index,
    window_days: int,
    device: NDArray[np.object_],
    candidates: Candidates,
    played: Pairs,
    rng: np.random.Generator,
) -> ContextSettings:
    """Whether the lists of listeners, one row each, would have been better for their device."""
    counts, devices = _counts(past, item_ids, window_days)
    number = {name: at for at, name in enumerate(devices)}
    context = np.array([number.get(name, -1) for name in device], dtype=np.int64)
    if len(devices) < 2:
        return ContextSettings()
    moments = Moments(candidates, context, played, np.arange(len(device)))
    try:
        found = choose_context(counts, devices, moments.where(context >= 0), rng=rng)
    except NotEnoughData:
        return ContextSettings()
    prior = found.prior
    return ContextSettings(prior.shrinkage, prior.strength, found.gain, found.low, found.high)


def _counts(past: Past, item_ids: pd.Index, window_days: int):
    table = past.engine.to_arrow(item_devices(past, window_days)).to_pandas()
    devices = sorted(table["device"].dropna().unique())
    item = item_ids.get_indexer(pd.Index(table["item_id"]))
    column = pd.Index(devices).get_indexer(pd.Index(table["device"]))
    kept = (item >= 0) & (column >= 0)
    counts = np.zeros((len(item_ids), len(devices)))
    np.add.at(counts, (item[kept], column[kept]), table["n_plays"].to_numpy()[kept])
    return counts, devices
