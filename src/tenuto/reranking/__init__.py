"""Re-ranking: the same candidates in another order, for reasons other than the score.

A member provides ``LABEL``; ``TURN``, a number: whose is lower goes first; ``NEEDS``, the fields
of `Facts` it cannot do without; ``SETTINGS``, keyword -> meaning; ``STRENGTH``, the keyword that
changes nothing at 0; and ``rerank(candidates, facts, k, *, ...)``, settings as keywords with
defaults. It sees one list at a time: a listener's list never depends on who else is there. Only
one with ``IS_PROMISE = True`` leaves items out: what it leaves out comes back by no way, and what
it kept it keeps, in the same order, when there is more behind it.
"""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue(
    "tenuto.reranking",
    must_provide=("LABEL", "TURN", "NEEDS", "SETTINGS", "STRENGTH", "rerank"),
)

# After the catalogue, which they look members up in.
from tenuto.reranking._candidates import Candidates  # noqa: E402
from tenuto.reranking._draws import listener_numbers  # noqa: E402
from tenuto.reranking._facts import Facts, Pairs  # noqa: E402
from tenuto.reranking._run import in_turn, promises_of, reranked  # noqa: E402

__all__ = [
    "CATALOGUE",
    "Candidates",
    "Facts",
    "Pairs",
    "in_turn",
    "listener_numbers",
    "promises_of",
    "reranked",
]
