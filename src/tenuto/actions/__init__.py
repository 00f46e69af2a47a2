"""Actions: what can be done for a listener who is about to leave, and whom it suits.

A member provides ``LABEL`` (in words), ``COST`` (of the offer, for each listener who stays and
takes it; the service's money, where a paying listener is worth 100), ``SAVES`` (the share of
leavers it is taken to keep) and ``suits(people)``, true or false per row of the table described in
``_people.py``. It may define ``IS_PRICE_CUT = True`` and ``IS_CONTACT = False``.
"""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.actions", must_provide=("LABEL", "COST", "SAVES", "suits"))
