"""What each listener should hear next.

A member provides ``LABEL`` for people, ``NEEDS`` (the rollups it learns from), ``COST`` (one line:
time and memory), and ``Model``, a `Recommender` (see ``_contract.py``): fit, recommend, save, load.
"""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.recommenders", must_provide=("LABEL", "NEEDS", "COST", "Model"))
