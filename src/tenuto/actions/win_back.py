"""A message to who has been silent for 14 days: it is too late to keep, not to invite."""

LABEL = "win-back message"
COST = 0.0
# An assumption, to be replaced by what your own hold-out says.
SAVES = 0.05


def suits(people):
    """Who did nothing in the last 14 days."""
    return ~people["is_active_14d"]
