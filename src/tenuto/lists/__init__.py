"""The lists a listener gets: what to keep listening to, what to discover, and a mix of both.

A member provides ``LABEL`` for people, ``ORDER`` (lists are shown by it), and
``make(desk, asked, k)``, which gives a `Made` (see ``_made.py``): items, scores and reasons. One
that begins with other lists names them in ``DRAWS_ON``, and ``make`` gets by name those of them
that are made already.
"""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.lists", must_provide=("LABEL", "ORDER", "make"))


def in_order() -> list[str]:
    """The names of the lists in the order in which they are shown."""
    return sorted(CATALOGUE.names(), key=lambda name: CATALOGUE.get(name).ORDER)
