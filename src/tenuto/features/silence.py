"""What a silence means for this listener: chance, or goodbye.

A listener is active on a day with a chance of their own, and may stop for good after any day with
a chance of their own. Given on how many days they were active and how long they have been silent,
Bayes' rule says how likely it is that they are still there, and that they will stay silent. This
is the beta-geometric/beta-binomial model of discrete transactions (Fader, Hardie & Shang,
"Customer-base analysis in a discrete-time noncontractual setting", Marketing Science 2010), with
the two chances on a fixed grid and nothing fitted, so that nothing can leak.

The first days of a listener are busier than the rest; the ``settled`` variants begin after them.
"""

import ibis

from tenuto.features._contract import feature

# Chances of an active day and of stopping after a day; roughly even on the logit scale.
_ACTIVE = (0.02, 0.05, 0.11, 0.2, 0.32, 0.46, 0.62, 0.78, 0.9, 0.97)
_STOP = (0.004, 0.015, 0.05, 0.15)
_NEXT_DAYS = 14
_SETTLED_AFTER_DAYS = 4


def rows(past):
    """One row per listener, chance of an active day and chance of stopping, with likelihoods."""
    days = past.table("user_days")
    ends = days.group_by("user_id").agg(
        first_age=days.age_days.max(), last_age=days.age_days.min(), n_active=days.count()
    )
    # Days after the settling in, but never later than the last active day.
    start = ibis.greatest(ends.first_age - _SETTLED_AFTER_DAYS, ends.last_age)
    ends = ends.mutate(settled_age=start)
    starts = ends.select(who="user_id", settled_age="settled_age")
    later = days.inner_join(starts, [("user_id", "who")])
    counted = later.group_by(settled_user="user_id").agg(
        n_settled=(later.age_days < later.settled_age).sum()
    )
    listeners = ends.inner_join(counted, [("user_id", "settled_user")]).drop("settled_user")
    cells = [(active, stop) for active in _ACTIVE for stop in _STOP]
    grid = ibis.array([ibis.struct({"active": a, "stop": s}) for a, s in cells])
    spread = listeners.mutate(cell=grid.unnest())
    spread = spread.mutate(active=spread.cell["active"], stop=spread.cell["stop"]).drop("cell")
    whole = _likelihoods(spread, spread.n_active - 1, spread.first_age - spread.last_age)
    settled = _likelihoods(spread, spread.n_settled, spread.settled_age - spread.last_age)
    return spread.mutate(
        **{f"whole_{name}": value for name, value in whole.items()},
        **{f"settled_{name}": value for name, value in settled.items()},
    )


def _likelihoods(rows, n_active, span_days):
    """Of the history: with any end, still there, and followed by a silence of the next days."""
    silent_days = rows.last_age - 1
    stay = 1 - rows.stop
    quiet = stay * (1 - rows.active)
    inactive = (1 - rows.active) ** (span_days - n_active)
    until_last = rows.active**n_active * inactive * stay**span_days
    there = quiet**silent_days
    gone = rows.stop * (1 - there) / (1 - quiet)
    next_quiet = quiet**_NEXT_DAYS
    silent_next = rows.stop * (1 - next_quiet) / (1 - quiet) + next_quiet
    return {
        "any": until_last * (there + gone),
        "there": until_last * there,
        "silent": until_last * (gone + there * silent_next),
    }


def _chance(rows, what, of):
    return rows[f"{of}_{what}"].sum() / rows[f"{of}_any"].sum().nullif(0)


@feature(unit="share", nullable=True)
def chance_still_there(rows):
    """Chance that the listener has not stopped for good, from days active and days silent."""
    return _chance(rows, "there", "whole")


@feature(unit="share", nullable=True)
def chance_silent_next_14_days(rows):
    """Chance of no event in the next 14 days, from days active and days silent."""
    return _chance(rows, "silent", "whole")


@feature(unit="share", nullable=True)
def settled_chance_still_there(rows):
    """As chance_still_there, without the first five days, which are busier than the rest."""
    return _chance(rows, "there", "settled")


@feature(unit="share", nullable=True)
def settled_chance_silent_next_14_days(rows):
    """As chance_silent_next_14_days, without the first five days."""
    return _chance(rows, "silent", "settled")
