"""A song length of 0 seconds: unknown, later taken from the song's other plays.

Source: K20.
"""

EFFECT = "mend"
NEEDS = ("length_s", "user_id")
AFTER = ("milliseconds",)


def applies(table):
    return table.length_s == 0


def mend(table):
    return {"length_s": None}
