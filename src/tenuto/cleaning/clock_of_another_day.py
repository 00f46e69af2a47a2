"""A clock that shows another day than the file: the file's day stands, the clock is dropped.

Whole files of such clocks are copies of another day's file (K37), which the completeness
table names.
"""

EFFECT = "mend"
NEEDS = ("timestamp", "day", "user_id")
AFTER = ("unreadable_clock",)


def applies(table):
    return table.timestamp.date() != table.day


def mend(table):
    return {"timestamp": None}
