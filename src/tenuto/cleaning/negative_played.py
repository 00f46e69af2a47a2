"""Negative seconds played: unknown; the play counts."""

EFFECT = "mend"
NEEDS = ("played_s", "user_id")
AFTER = ()
ONLY_ODD = True


def applies(table):
    return table.played_s < 0


def mend(table):
    return {"played_s": None}
