"""A play without its seconds, such as "" or "nan": it counts, its duration is unknown.

Source: K52.
"""

EFFECT = "mend"
NEEDS = ("played_text", "action")
AFTER = ("client_address",)
ONLY_ODD = True


def applies(table):
    return (table.action == "play") & table.played_text.lower().isin(["", "nan", "null", "none"])


def mend(table):
    return {"played_text": None}
