"""More seconds played than a day has, or not a finite number: unknown; the play counts.

Source: K52.
"""

EFFECT = "mend"
NEEDS = ("played_s", "user_id")
AFTER = ("milliseconds",)

DAY_S = 86_400


def applies(table):
    return (table.played_s > DAY_S) | table.played_s.isnan()


def mend(table):
    return {"played_s": None}
