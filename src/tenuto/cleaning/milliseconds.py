"""Seconds played that are milliseconds: divided by a thousand.

About 3 % of Android plays. A value above 10,000 that exceeds the song's length is taken for
milliseconds when a thousandth of it fits the length (or a day, where the length is unknown);
1.5 s of rounding is allowed.

Source: K17.
"""

EFFECT = "mend"
NEEDS = ("played_s", "length_s", "user_id")
AFTER = ("negative_played",)

_SMALLEST = 10_000
_ROUNDING_S = 1.5
_DAY_S = 86_400


def applies(table):
    is_known = table.length_s > 0
    thousandth = table.played_s / 1000
    fits = is_known.ifelse(thousandth <= table.length_s + _ROUNDING_S, thousandth <= _DAY_S)
    exceeds = (table.played_s > table.length_s + _ROUNDING_S) | ~is_known
    return (table.played_s > _SMALLEST) & exceeds.fill_null(True) & fits.fill_null(True)


def mend(table):
    return {"played_s": table.played_s / 1000}
