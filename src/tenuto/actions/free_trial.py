"""Some weeks of the paid plan without charge, for a listener of the free plan."""

LABEL = "free trial of the paid plan"
COST = 1.0
# The mean of the usual prior, Beta(6, 14): churn.md §4.5.
SAVES = 0.30


def suits(people):
    """Who still comes and does not pay, where there is a free plan beside a paid one."""
    is_freemium = people["business_model"] == "freemium"
    return is_freemium & people["is_active_14d"] & ~people["is_paid"]
