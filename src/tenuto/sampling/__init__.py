"""Learning from few positives: training rows weighed or drawn anew, and the rate put back.

A member provides ``LABEL`` (its name for people) and ``resample(X, y, seed)``, which returns
`Rows` (see ``_contract.py``). Only training rows ever come here, never rows to be judged.
"""

from tenuto.catalogue import Catalogue
from tenuto.sampling._contract import Rows, resampled
from tenuto.sampling._prior import class_weights, log_odds_shift, shifted

CATALOGUE = Catalogue("tenuto.sampling", must_provide=("LABEL", "resample"))

#: In place of a member's name: every row once, as it comes.
NONE = "none"

__all__ = ["CATALOGUE", "NONE", "Rows", "class_weights", "log_odds_shift", "resampled", "shifted"]
