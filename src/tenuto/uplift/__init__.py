"""Uplift: for whom did it help? Models of the difference that contacting a listener makes.

A member provides ``Model`` (an `UpliftModel`, see ``_contract.py``) and ``LABEL``.
"""

from tenuto.catalogue import Catalogue
from tenuto.uplift._contract import UpliftModel, treat_shares
from tenuto.uplift._cross_fit import cross_fitted
from tenuto.uplift._size import LEAST, refuse_if_few

CATALOGUE = Catalogue("tenuto.uplift", must_provide=("Model", "LABEL"))

__all__ = [
    "CATALOGUE",
    "LEAST",
    "UpliftModel",
    "cross_fitted",
    "refuse_if_few",
    "treat_shares",
]
