"""What each listener should hear next.

A member provides ``LABEL`` for people, ``NEEDS`` (the rollups it learns from), ``COST`` (one line:
time and memory), and ``Model``, a `Recommender` (see ``_contract.py``): fit, recommend, save, load.
One with ``ON_REQUEST = True`` is compared only where it is named; one with ``NEEDS_SPARK = True``
needs Spark to learn, and never afterwards.
"""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.recommenders", must_provide=("LABEL", "NEEDS", "COST", "Model"))


def usual_recommenders() -> list[str]:
    """The members that are compared when none are named."""
    members = CATALOGUE.all()
    return [name for name in members if not getattr(members[name], "ON_REQUEST", False)]
