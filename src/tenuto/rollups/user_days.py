"""One row per user and day with at least one event: what the user did that day."""

from tenuto.rollups._day import Day, action_counts, how_many, play_sums

KEY = ("user_id", "day")


def build(day: Day):
    """Counts per action, seconds played, completion, sessions and distinct items."""
    events = day.events
    return events.group_by(list(KEY)).agg(
        n_events=events.count(),
        **action_counts(events, day.actions),
        **play_sums(events),
        n_plays_of_known_items=how_many((events.action == "play") & events.item_id.notnull()),
        n_paid_events=how_many(events.is_paid),
        n_sessions=events.session_id.nunique(),
    )
