"""How a reason is written: topics, and facts with the way they lean.

TOPICS = (Topic("n_errors_.*|errors_per_.*", errors),)

def errors(listener):
    own = listener.own("n_errors_14d")
    if own:
        yield Fact(f"{count(own, 'error')} in the last 14 days", TO_LEAVING)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tenuto.catalogue import Catalogue
from tenuto.reasons._listener import Listener

CATALOGUE = Catalogue("tenuto.reasons", must_provide=("LABEL", "TOPICS"))

#: Which way a fact leans, whatever the model says.
TO_LEAVING, TO_STAYING = 1, -1
#: A comparison that comes out about even; and a fact that is no comparison at all.
EVEN, PLAIN = 0, None


class Fact(NamedTuple):
    """Words true of one listener, and which way a reader will take them.

    ``leans`` is ``TO_LEAVING``, ``TO_STAYING``, ``EVEN`` or ``PLAIN``. A sentence is chosen
    so that the words and the model agree; where they cannot, the sentence says so.
    """

    words: str
    leans: int | None = PLAIN


class Topic(NamedTuple):
    """Columns that speak of one thing, and what can be told of it.

    columns : regular expression for the whole name of a column
    facts : of one listener, those preferred first; none where nothing is known
    """

    columns: str
    facts: Callable[[Listener], Iterable[Fact]]
