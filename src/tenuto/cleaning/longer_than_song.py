"""More seconds played than the song has: kept; the share played is taken as 1.

Mostly one second more, from rounding (seeds.md §2.2).
"""

EFFECT = "note"
NEEDS = ("played_s", "length_s", "user_id")
AFTER = ("impossible_played", "absurd_length", "zero_length", "negative_length")


def applies(table):
    return table.played_s > table.length_s
