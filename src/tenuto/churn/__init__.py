"""Churn models: from a table of what was known before the cutoff to P(the listener leaves).

A member provides ``Model`` (a `ChurnModel`, see ``_contract.py``), ``LABEL`` (its name for
people) and ``NEEDS`` (columns it must have and alone uses; () = it uses whatever is there). One
with ``ON_REQUEST = True`` is trained only where it is named; one with ``TIMES = True`` learns from
when something happened, too, so that it is looked up; one with ``NEEDS_SPARK = True`` needs Spark
to learn, and never afterwards.
"""

from collections.abc import Iterable

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.churn", must_provide=("Model", "LABEL", "NEEDS"))


def learns_from_times(names: Iterable[str]) -> bool:
    """Whether any of these models does."""
    return any(getattr(CATALOGUE.get(name), "TIMES", False) for name in names)


def usual_models() -> list[str]:
    """The models that a study trains when none are named."""
    members = CATALOGUE.all()
    return [name for name in members if not getattr(members[name], "ON_REQUEST", False)]
