"""A lower price for the year to come: the dearest offer, for those most likely to leave."""

LABEL = "discount"
COST = 20.0
# Arbitrary: dearer than a free month by more than it keeps more, so that it pays at high risk.
SAVES = 0.40
IS_PRICE_CUT = True


def suits(people):
    """Who still comes and pays."""
    return people["is_active_14d"] & people["is_paid"]
