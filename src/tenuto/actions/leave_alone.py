"""No message: it would cost more than it brings, or wake who sleeps well."""

LABEL = "leave alone"
COST = 0.0
SAVES = 0.0
IS_CONTACT = False


def suits(people):
    """Everybody."""
    return people["probability"] >= 0
