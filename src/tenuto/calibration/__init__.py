"""Calibration: from what a model says to what then happens, learned where the model did not train.

A member provides ``Calibrator`` (a `Calibrator`, see ``_contract.py``) and ``LABEL``. `choose` is
the way in: it keeps what the model says unless a member is surely better.
"""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.calibration", must_provide=("Calibrator", "LABEL"))

# After the catalogue, which they look members up in.
from tenuto.calibration._choose import Choice, choose  # noqa: E402
from tenuto.calibration._contract import Calibrator  # noqa: E402
from tenuto.calibration._drift import is_later_and_closed, shifted_to_rate  # noqa: E402
from tenuto.calibration._logistic import fit_logistic  # noqa: E402

__all__ = [
    "CATALOGUE",
    "Calibrator",
    "Choice",
    "choose",
    "fit_logistic",
    "is_later_and_closed",
    "shifted_to_rate",
]
