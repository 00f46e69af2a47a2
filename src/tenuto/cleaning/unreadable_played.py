"""Seconds played that are not a number: the play counts, its duration is unknown.

Source: K52.
"""

EFFECT = "note"
NEEDS = ("played_text", "played_s")
ONLY_ODD = True


def applies(table):
    return table.played_text.notnull() & table.played_s.isnull()
