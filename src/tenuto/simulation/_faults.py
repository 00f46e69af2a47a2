"""Whole files that were lost, cut, padded or copied, on the days when the real ones were.

The list is section 2.3 of the reference (K37). A reader that does not count files and
rows takes each of these for the behaviour of listeners.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PLAY, DOWN, SEARCH = KINDS = ("play", "down", "search")


@dataclass(frozen=True)
class Fault:
    """What happened to one file.

    ``first_share`` of its rows are left, in the order of the log; of these a random
    ``random_share``; ``repeated_share`` of the rows stand in the file a second time.
    ``bytes_share`` below 1 means that the file itself is broken off there.
    """

    is_missing: bool = False
    first_share: float = 1.0
    random_share: float = 1.0
    repeated_share: float = 0.0
    bytes_share: float = 1.0
    copied_to: str | None = None
    odd_name: str | None = None

    def rows(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """The places of the rows that the file holds, out of ``n``."""
        kept = np.arange(round(n * self.first_share))
        if self.random_share < 1.0:
            kept = kept[rng.random(len(kept)) < self.random_share]
        return np.append(kept, kept[len(kept) - int(len(kept) * self.repeated_share) :])


NONE = Fault()
MISSING = Fault(is_missing=True)
FAULTS: dict[tuple[str, int, str], Fault] = {
    ("20170330", 1, PLAY): MISSING,
    ("20170330", 2, PLAY): MISSING,
    ("20170403", 3, PLAY): MISSING,
    **{("20170411", 3, kind): MISSING for kind in KINDS},
    **{("20170414", part, PLAY): Fault(first_share=0.69) for part in (1, 2, 3)},
    ("20170422", 3, PLAY): Fault(odd_name="20170422_3_play.log"),
    ("20170424", 1, PLAY): Fault(first_share=0.54),
    # The one archive that cannot be read to its end.
    ("20170424", 2, PLAY): Fault(bytes_share=0.04),
    ("20170427", 3, PLAY): Fault(repeated_share=0.33),
    # Search volume down by 36 to 57 % while plays are normal: an outage of the search log.
    **{
        (day, part, SEARCH): Fault(random_share=share)
        for day, share in zip(
            ("20170425", "20170426", "20170427", "20170428"), (0.64, 0.5, 0.43, 0.55), strict=True
        )
        for part in (1, 2, 3)
    },
    # The searches and downloads of 05-09 are those of the day before.
    **{
        ("20170508", part, kind): Fault(copied_to="20170509")
        for part in (1, 2, 3)
        for kind in (DOWN, SEARCH)
    },
    **{("20170509", part, kind): MISSING for part in (1, 2, 3) for kind in (DOWN, SEARCH)},
}


def fault_of(stamp: str, part: int, kind: str) -> Fault:
    """The fault of one file, ``NONE`` for a sound one; ``stamp`` is yyyymmdd."""
    return FAULTS.get((stamp, part, kind), NONE)
