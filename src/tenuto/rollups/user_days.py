"""One row per user and day with at least one event: what the user did that day."""

from tenuto.rollups._day import Day, action_counts, how_many, play_sums

KEY = ("user_id", "day")


def build(day: Day):
    """Counts per action, seconds played, completion, sessions, the plan and distinct items."""
    events = day.events
    return events.group_by(list(KEY)).agg(
        n_events=events.count(),
        **action_counts(events, day.actions),
        **play_sums(events, day.knows),
        **_plan(day),
        n_plays_of_known_items=how_many((events.action == "play") & events.item_id.notnull()),
        **({"n_sessions": events.session_id.nunique()} if "session_id" in day.knows else {}),
    )


def _plan(day: Day) -> dict:
    """``n_paid_events``; with a clock also ``is_paid``, the plan at the last event of the day."""
    if "is_paid" not in day.knows:
        return {}
    events = day.events
    columns = {"n_paid_events": how_many(events.is_paid)}
    if "timestamp" in day.knows:
        # In the second of a change the plan is the paid one; arbitrary, but the same every time.
        moment = events.timestamp.epoch_seconds() * 2 + events.is_paid.cast("int64")
        plan = events.is_paid.cast("int64")
        # Where no event of the day has a clock, DuckDB answers NULL and Spark any of them.
        columns["is_paid"] = plan.argmax(moment, where=moment.notnull())
    return columns
