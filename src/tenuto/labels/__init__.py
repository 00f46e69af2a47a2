"""What came after: who left, within a horizon, by which meaning of leaving.

A member provides ``LABEL`` (in words), ``WHO`` (those it is 1 for, in words), ``NEEDS`` (columns of
user_days) and ``label(listeners, future)``, an Ibis table of ``user_id`` and ``label`` (1 = it
happened). It may define ``at_risk(listeners)``, to whom it can happen at all, and ``BINS``, first
and last bin on each user's own clock (0 = the bin that the features end with), ``RATE``, how the
share of ones is called ("churn rate" by default), and ``IS_GOOD_NEWS = True`` where 1 is something
that nobody has to be kept from. For models of time it has ``event_day(listeners, future)``, a table
of ``user_id`` and ``event_day``, and ``EVENT_IS_A_RETURN = True`` where the event is what keeps the
label at 0.
"""

from tenuto.catalogue import Catalogue
from tenuto.labels._return_curve import advise_horizon, return_curve
from tenuto.labels._usual import usual_label

CATALOGUE = Catalogue("tenuto.labels", must_provide=("LABEL", "WHO", "NEEDS", "label"))

__all__ = ["CATALOGUE", "advise_horizon", "is_good_news", "return_curve", "usual_label"]


def is_good_news(label: str) -> bool:
    """Whether 1 of the label of this name is something that nobody has to be kept from."""
    return bool(getattr(CATALOGUE.get(label), "IS_GOOD_NEWS", False))
