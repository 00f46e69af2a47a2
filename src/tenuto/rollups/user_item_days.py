"""One row per user, item and day: what the user did with the item that day.

Unknown items are not here: they are activity, not taste (K24).
"""

from tenuto.events.actions import ITEM_ACTIONS
from tenuto.rollups._day import Day, action_counts, play_sums

KEY = ("user_id", "item_id", "day")


def build(day: Day):
    """Counts per action that names an item, seconds played and completion."""
    events = day.events.filter(
        day.events.item_id.notnull() & day.events.action.isin(list(ITEM_ACTIONS))
    )
    actions = tuple(action for action in day.actions if action in ITEM_ACTIONS)
    return events.group_by(list(KEY)).agg(
        **action_counts(events, actions), **play_sums(events, day.knows)
    )
