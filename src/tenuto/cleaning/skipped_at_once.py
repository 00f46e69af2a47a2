"""A play of 0 seconds: a skip, and kept as one, never filled with a mean.

Source: K21.
"""

EFFECT = "note"
NEEDS = ("played_s", "user_id")
AFTER = ("impossible_played",)


def applies(table):
    return table.played_s == 0
