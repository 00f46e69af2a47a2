"""How long the listener has been with the service."""

from tenuto.reasons._contract import EVEN, PLAIN, TO_LEAVING, Fact, Topic
from tenuto.reasons._facts import leans
from tenuto.reasons._words import days, days_ago

LABEL = "Time with the service"
FAMILIES = ("tenure",)

# Two weeks after the first day many have tried and gone.
_NEW_DAYS = 14


def _tenure(listener):
    registered = listener.own("days_since_registration")
    if registered is not None:
        yield from _beside_typical(listener, "days_since_registration", "registered", registered)
        return
    first = listener.own("days_since_first_event")
    if first is None:
        return
    if first == listener.longest("days_since_first_event"):
        # The log begins here: how much longer they have been there it cannot tell.
        yield Fact(f"with the service for {days(first)} or more", PLAIN)
        return
    yield from _beside_typical(listener, "days_since_first_event", "first seen", first)


def _beside_typical(listener, column, what, own):
    """New ones often leave; with those who have been there for long it may go either way."""
    if own <= _NEW_DAYS:
        yield Fact(f"new: {what} {days_ago(own)}", TO_LEAVING)
        return
    typical = listener.typical(column)
    is_other = typical is not None and leans(own, typical, TO_LEAVING, least=7.0) != EVEN
    rest = f"; the typical listener {days_ago(typical)}" if is_other else ""
    yield Fact(f"{what} {days_ago(own)}{rest}", PLAIN)


TOPICS = (Topic("days_since_(first_event|registration)|bin_since_registration", _tenure),)
