"""A mail with songs chosen for the listener: costs a message, keeps few, spoils nobody."""

LABEL = "mail with songs"
COST = 0.0
# An assumption, to be replaced by what your own hold-out says.
SAVES = 0.05


def suits(people):
    """Who still comes, where there are songs to propose."""
    return people["is_active_14d"] & (people["n_songs"] > 0)
