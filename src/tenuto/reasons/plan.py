"""Which plan the listener is on, and whether they look for another."""

from tenuto.reasons._contract import PLAIN, TO_LEAVING, TO_STAYING, Fact, Topic
from tenuto.reasons._facts import beside_others, happened
from tenuto.reasons._words import days, days_ago, times

LABEL = "Plan"
FAMILIES = ("plan",)


def _plan(listener):
    is_paid = listener.own("is_paid")
    if is_paid is None:
        return
    since = listener.own("days_since_plan_change")
    name = "paid" if is_paid else "free"
    if since is not None:
        yield Fact(f"on the {name} plan since a change {days_ago(since)}", PLAIN)
        return
    held = listener.own(f"n_days_{name}_ever")
    seen = f" for all of the {days(held)} seen" if held else ""
    yield Fact(f"on the {name} plan{seen}", PLAIN)


def _lesser(listener):
    cancels = listener.own("n_cancel_pages_14d")
    if cancels:
        yield Fact(f"began to cancel {times(cancels)} in the last 14 days", TO_LEAVING)
    yield from happened(
        listener, "n_downgrades_14d", lambda _: "moved to a lesser plan in the last 14 days"
    )
    visits = listener.own("n_downgrade_pages_14d")
    if visits:
        yield from _visits(listener, "n_downgrade_pages_14d", "a lesser plan", TO_LEAVING)
    elif visits is not None:
        yield Fact("has not looked at a lesser plan in the last 14 days", TO_STAYING)
    yield from happened(
        listener, "n_downgrades_ever", lambda _: "has moved to a lesser plan before"
    )


def _better(listener):
    yield from happened(
        listener,
        "n_upgrades_14d",
        lambda _: "moved to a better plan in the last 14 days",
        TO_STAYING,
    )
    # Who looks at what paying would bring may be about to stay for good, or disappointed.
    if listener.own("n_upgrade_pages_14d") == 0:
        yield Fact("has not looked at a better plan in the last 14 days", PLAIN)
        return
    yield from _visits(listener, "n_upgrade_pages_14d", "a better plan", PLAIN)


def _visits(listener, column, what, more):
    return beside_others(
        listener,
        column,
        more,
        say=lambda own: f"looked at {what} {times(own)} in the last 14 days",
        other=times,
        least=1.0,
    )


TOPICS = (
    Topic("is_paid|n_days_(paid|free)_.*|share_days_paid|days_since_plan_change", _plan),
    Topic("n_downgrade.*|downgrade_pages_.*|n_cancel_pages_.*", _lesser),
    Topic("n_upgrade.*|upgrade_pages_.*", _better),
)
