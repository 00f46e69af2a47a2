"""A song length of more than six hours: unknown, later taken from the song's other plays.

Real lengths run up to 776,363 s (S1-C1b). Arbitrary: audio books of a few hours exist, so
the limit is above them.
"""

EFFECT = "mend"
NEEDS = ("length_s", "user_id")
AFTER = ("milliseconds",)

LONGEST_S = 6 * 3600


def applies(table):
    return (table.length_s > LONGEST_S) | table.length_s.isnan()


def mend(table):
    return {"length_s": None}
