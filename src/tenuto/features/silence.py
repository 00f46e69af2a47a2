"""What a silence means for this listener: chance, or goodbye.

A listener is active on a day with a chance of their own, and may stop for good after any day with
a chance of their own. Given on how many days they were active and how long they have been silent,
Bayes' rule says how likely it is that they are still there, and that they will stay silent. This
is the beta-geometric/beta-binomial model of discrete transactions (Fader, Hardie & Shang,
"Customer-base analysis in a discrete-time noncontractual setting", Marketing Science 2010), with
the two chances on a fixed grid and nothing fitted, so that nothing can leak. Two things are added:

* the first days of a listener are busier than the rest, so they count for more days;
* half of those who stop fade first: in their last week they are half as active.
"""

import ibis

from tenuto.features._contract import feature

# Chances of an active day and of stopping after a day; roughly even on the logit scale.
_ACTIVE = (0.02, 0.05, 0.11, 0.2, 0.32, 0.46, 0.62, 0.78, 0.9, 0.97)
_STOP = (0.004, 0.015, 0.05, 0.15)
_NEXT_DAYS = 14
# Arbitrary, as orders of magnitude: the busy start is worth three days more, over three days.
_BUSY_START_DAYS = 3.0
_FADING_DAYS = 7
_FADING_ACTIVITY = 0.5
# Fading may have begun so many days ago.
_BEGAN_DAYS_AGO = (2, 5)
_EXPLANATIONS = ("any", "there", "fading", "silent")


def rows(past):
    """One row per listener, with the likelihood of every explanation, summed over the grid.

    What a listener did is six small numbers, and many share all of them: the grid is gone
    through once for each combination, not for each listener.
    """
    listeners = _histories(past)
    facts = [name for name in listeners.columns if name != "user_id"]
    told = listeners.select(facts).distinct()
    # One after the other, not both in a record: not every database has records.
    spread = told.mutate(active=ibis.array(_ACTIVE).unnest())
    spread = spread.mutate(stop=ibis.array(_STOP).unnest())
    explained = spread.mutate(**_explanations(spread))
    sums = {name: explained[name].sum() for name in _EXPLANATIONS}
    by_history = explained.group_by(facts).agg(**sums)
    return listeners.inner_join(by_history, facts).select("user_id", *_EXPLANATIONS)


def _histories(past):
    """One row per listener: first and last active day, and on how many days active, and when."""
    days = past.table("user_days")
    ends = days.group_by("user_id").agg(
        first_age=days.age_days.max(),
        last_age=days.age_days.min(),
        n_active=days.count(),
        **{f"n_last_{ago}": (days.age_days <= ago).sum() for ago in _BEGAN_DAYS_AGO},
    )
    last = ends.select(who="user_id", who_last_age="last_age", who_first_age="first_age")
    dated = days.inner_join(last, [("user_id", "who")])
    is_last_week = (dated.age_days < dated.who_last_age + _FADING_DAYS) & (
        dated.age_days < dated.who_first_age
    )
    weeks = dated.group_by(week_user="user_id").agg(n_last_week=is_last_week.sum())
    return ends.inner_join(weeks, [("user_id", "week_user")]).drop("week_user")


def _explanations(cell):
    """Likelihoods of: still there and steady, there and fading, gone; and of a silence to come."""
    span, silent = cell.first_age - cell.last_age, cell.last_age - 1
    n_active = cell.n_active - 1
    extra = _BUSY_START_DAYS * (1 - (-span / _BUSY_START_DAYS).exp())
    inactive = ibis.greatest(span + extra - n_active, 0)
    stay = 1 - cell.stop
    history = cell.active**n_active * (1 - cell.active) ** inactive * stay**span
    quiet = stay * (1 - cell.active)
    quiet_fading = stay * (1 - _FADING_ACTIVITY * cell.active)
    steady = history * quiet**silent
    week = ibis.least(span, _FADING_DAYS)
    gone = history * 0.5 * _stopped(cell, quiet, silent)
    gone_after_fading = (
        history
        * 0.5
        * _fades(cell, cell.n_last_week, week)
        * _stopped(cell, quiet_fading, ibis.least(silent, _FADING_DAYS))
    )
    fading, fading_silent = 0.0, 0.0
    for ago in _BEGAN_DAYS_AGO:
        known = ibis.least(span + silent, ago)
        since = steady * _fades(cell, cell[f"n_last_{ago}"], known) * cell.stop * _FADING_DAYS / 2
        fading = fading + since
        rest = (1 - _FADING_ACTIVITY * cell.active) ** (_FADING_DAYS - ago)
        fading_silent = fading_silent + since * rest
    left = gone + gone_after_fading
    silent_next = _stopped(cell, quiet, _NEXT_DAYS) + quiet**_NEXT_DAYS
    return {
        "any": steady + fading + left,
        "there": steady + fading,
        "fading": fading,
        "silent": left + fading_silent + steady * silent_next,
    }


def _stopped(cell, quiet, days):
    """Chance of silence over ``days`` with a stop on one of them."""
    return cell.stop * (1 - quiet**days) / (1 - quiet)


def _fades(cell, n_active, days):
    """How much likelier ``n_active`` of so many days are at a fading listener's activity."""
    inactive = ibis.greatest(days - n_active, 0)
    ratio = (1 - _FADING_ACTIVITY * cell.active) / (1 - cell.active)
    return _FADING_ACTIVITY**n_active * ratio**inactive


def _chance(rows, what):
    return rows[what].sum() / rows["any"].sum().nullif(0)


@feature(unit="share", nullable=True)
def chance_still_there(rows):
    """Chance that the listener has not stopped for good, from days active and days silent."""
    return _chance(rows, "there")


@feature(unit="share", nullable=True)
def chance_fading(rows):
    """Chance that the listener is still there and in the half-active last week."""
    return _chance(rows, "fading")


@feature(unit="share", nullable=True)
def chance_silent_next_14_days(rows):
    """Chance of no event in the next 14 days, from days active and days silent."""
    return _chance(rows, "silent")
