"""Cutoffs, windows, who is at risk. This room alone builds both sides of the wall.

A feature is handed a `Past` (days before the cutoff), a label a `Future` (days from the cutoff
to the horizon); neither can see the other. Windows are half-open.
"""

from tenuto.timeline._listeners import HEADLINE, POPULATIONS, listeners
from tenuto.timeline._overview import activity_by_day, device_shares, events_per_user
from tenuto.timeline._own_clock import bins
from tenuto.timeline._own_walls import OwnFuture, OwnPast
from tenuto.timeline._robots import clipped_seconds, robots
from tenuto.timeline._subscriptions import subscription_tables
from tenuto.timeline._timeline import Timeline
from tenuto.timeline._user_range import UserRange, parts_of
from tenuto.timeline._walls import Future, Past

__all__ = [
    "HEADLINE",
    "POPULATIONS",
    "Future",
    "OwnFuture",
    "OwnPast",
    "Past",
    "Timeline",
    "UserRange",
    "activity_by_day",
    "bins",
    "clipped_seconds",
    "device_shares",
    "events_per_user",
    "listeners",
    "parts_of",
    "robots",
    "subscription_tables",
]
