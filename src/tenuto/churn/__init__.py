"""Churn models: from a table of what was known before the cutoff to P(the listener leaves).

A member provides ``Model`` (a `ChurnModel`, see ``_contract.py``), ``LABEL`` (its name for
people) and ``NEEDS`` (columns it must have and alone uses; () = it uses whatever is there).
"""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.churn", must_provide=("Model", "LABEL", "NEEDS"))
