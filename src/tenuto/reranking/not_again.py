"""Nothing that the listener was shown in the last days.

What was shown earlier on the same day may come again, so that a list made twice on one day is
the same list.
"""

from __future__ import annotations

from tenuto.reranking._candidates import Candidates
from tenuto.reranking._facts import Facts, known
from tenuto.reranking._settings import at_least_0

LABEL = "never twice in some days"
TURN = 10
NEEDS = ("shown",)
SETTINGS = {"days": "what was shown so many days ago, or less, is left out; 0 leaves nothing out"}
STRENGTH = "days"
IS_PROMISE = True
DAYS = 7


def rerank(candidates: Candidates, facts: Facts, k: int, *, days: int = DAYS) -> Candidates:
    """The list without what was shown 1 to ``days`` days ago; shorter for it."""
    at_least_0(days=days)
    shown = known(facts.shown)
    age = known(shown.value)
    return candidates.without(shown.where((age >= 1) & (age <= days)).has(candidates.item))
