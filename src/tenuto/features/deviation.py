"""A listener's running averages, and how far the last week or two depart from them (S4-W2).

Weeks are counted back from the cutoff; a week without events counts as 0, and the oldest,
which began before the first event, is left out. The habit of a comparison is what came before
the days compared, so that the present does not stand on both sides.
"""

import math

import ibis

from tenuto.features._contract import feature

# The deviation from the habit needs a service whose users come in sessions; play logs without a
# clock have `habit` and `fading`, and are spared the columns.
TABLES = ("user_day_sessions",)
_DAYS = 7
_COLUMNS = {
    "n_events": "Events",
    "n_plays": "Plays",
    "n_sessions": "Sessions",
    "n_dislikes": "Thumbs down",
    "n_adverts": "Adverts",
}
# Over a single week there are too few thumbs and adverts to depart from anything, and plays say
# what events say.
_OFTEN = ("n_events", "n_sessions")


def rows(past):
    """One row per user and week with events; ``n_weeks`` is how many whole ones there are.

    ``week`` is 0 for the seven days before the cutoff. ``n_events_squared`` and the like are
    for standard deviations. A session over midnight counts for both days.
    """
    days = past.table("user_days")
    columns = [column for column in _COLUMNS if column in days.columns]
    weekly = days.group_by(["user_id", ((days.age_days - 1) // _DAYS).name("week")]).agg(
        n_active_days=days.count(),
        # Summed as floats: DuckDB sums whole numbers into 128 bits.
        **{column: days[column].cast("float64").sum() for column in columns},
    )
    first = days.group_by(who="user_id").agg(n_weeks=days.age_days.max() // _DAYS)
    joined = weekly.inner_join(first, [("user_id", "who")]).drop("who")
    return joined.mutate(
        **{f"{column}_squared": joined[column] * joined[column] for column in columns}
    )


def _habit(rows, column, skip=0):
    """Sum and sum of squares over the whole weeks but the latest ``skip``, and their number.

    The number is NULL where there is none.
    """
    is_habit = (rows.week >= skip) & (rows.week < rows.n_weeks)
    total = rows[column].sum(where=is_habit).fill_null(0)
    squares = rows[f"{column}_squared"].sum(where=is_habit).fill_null(0)
    return total, squares, ibis.greatest(rows.n_weeks.max() - skip, 0).nullif(0)


def _recent_a_week(rows, column, weeks):
    return rows[column].sum(where=rows.week < weeks).fill_null(0) / weeks


def _mean_per_week(column, what):
    @feature(unit=_unit(column), nullable=True, needs=(column,), seeds="S4-W2 running average")
    def mean(rows):
        total, _, n_weeks = _habit(rows, column)
        return total / n_weeks

    mean.__name__ = f"mean_{column.removeprefix('n_')}_per_week"
    mean.__doc__ = f"{what} per week, over all whole weeks before the cutoff."
    return mean


def _mean_per_active_day(column, what):
    @feature(unit=_unit(column), nullable=True, needs=(column,), seeds="S4-W2 running average")
    def mean(rows):
        return rows[column].sum() / rows.n_active_days.sum().nullif(0)

    mean.__name__ = f"mean_{column.removeprefix('n_')}_per_active_day"
    mean.__doc__ = f"{what} per day with events, over the whole past."
    return mean


def _over_habit(column, what, window):
    @feature(unit="ratio", nullable=True, needs=(column,), seeds="S4-W2 deviation from own habit")
    def ratio(rows):
        weeks = window // _DAYS
        total, _, n_weeks = _habit(rows, column, weeks)
        return _recent_a_week(rows, column, weeks) / (total / n_weeks).nullif(0)

    ratio.__name__ = f"{column.removeprefix('n_')}_over_habit_{window}d"
    ratio.__doc__ = (
        f"{what} a week in the last {window} days over those in the weeks before; 1 is usual."
    )
    return ratio


def _above_habit(column, what, window):
    @feature(
        unit="standard deviations",
        nullable=True,
        needs=(column,),
        seeds="S4-W2 deviation from own habit",
    )
    def deviation(rows):
        weeks = window // _DAYS
        total, squares, n = _habit(rows, column, weeks)
        # Of whole numbers, so that the same count every week has a variance of exactly 0.
        variance = (n * squares - total * total) / (n * (n - 1).nullif(0))
        above = _recent_a_week(rows, column, weeks) - total / n
        return above * math.sqrt(weeks) / variance.sqrt().nullif(0)

    deviation.__name__ = f"{column.removeprefix('n_')}_above_habit_{window}d"
    deviation.__doc__ = (
        f"{what} of the last {window} days above the usual of the weeks before, in standard "
        "deviations of the listener's own weeks; NULL where those are fewer than two or all alike."
    )
    return deviation


def _unit(column):
    return {"n_plays": "plays", "n_sessions": "sessions"}.get(column, "events")


for _column, _what in _COLUMNS.items():
    globals()[f"{_column}_a_week"] = _mean_per_week(_column, _what)
    if _column != "n_events":  # that one is in habit
        globals()[f"{_column}_a_day"] = _mean_per_active_day(_column, _what)
    for _window in (7, 14) if _column in _OFTEN else (14,):
        globals()[f"{_column}_over_{_window}"] = _over_habit(_column, _what, _window)
        globals()[f"{_column}_above_{_window}"] = _above_habit(_column, _what, _window)
