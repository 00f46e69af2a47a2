"""A client address stuck to the seconds played, "71>=(a.b.c.d)TM": the number is kept.

0.3 % of plays in the real sample, 0.6 % in the whole (seeds.md §2.2). The address is never stored.
"""

EFFECT = "mend"
NEEDS = ("played_text",)
ONLY_ODD = True

_TAINTED = r"^(-?\d+(?:\.\d+)?)>.*$"


def applies(table):
    is_number = table.played_text.try_cast("float64").notnull()
    return (~is_number).ifelse(table.played_text.re_search(_TAINTED), False)


def mend(table):
    return {"played_text": table.played_text.re_extract(_TAINTED, 1)}
