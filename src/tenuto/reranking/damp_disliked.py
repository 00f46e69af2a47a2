"""What is like a disliked item goes down (S2-W5).

The disliked items themselves are not candidates at all; here their neighbours pay, each by how
near it is to the nearest of them.
"""

from __future__ import annotations

from tenuto.reranking import _similar
from tenuto.reranking._candidates import Candidates
from tenuto.reranking._facts import Facts, known
from tenuto.reranking._settings import at_least_0

LABEL = "less of what is like the disliked"
TURN = 20
NEEDS = ("vectors", "disliked")
SETTINGS = {
    "strength": "how often the place of an item is doubled that is just like a disliked one"
}
STRENGTH = "strength"


def rerank(candidates: Candidates, facts: Facts, k: int, *, strength: float = 3.0) -> Candidates:
    """Places pushed back by ``strength`` times the cosine to the nearest disliked item.

    The default is arbitrary: an exact likeness goes from the first place to the eighth. The list
    of a listener who dislikes nothing stays as it is.
    """
    at_least_0(strength=strength)
    near = _similar.to_own(known(facts.vectors), candidates.item, known(facts.disliked))
    return candidates.leaned(strength * near)
