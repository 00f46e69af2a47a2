"""A record that was sent twice: the first is kept.

A client that gets no answer sends again, mostly within a few lines: 0.7 % of plays and
1.8 % of searches in the real sample (seeds.md §2.2). Plays have no clock, and who hears a song
to its end twice on a day leaves two equal lines, so far apart only copies that cannot be a
second play are set aside: equal clocks, a second download, or stopping at the same second
in the middle of a song.
"""

EFFECT = "set_aside"
NEEDS = ("previous_line", "source_line", "action", "played_s", "length_s", "timestamp")
AFTER = ("*",)  # a copy also counts under the dirt that it repeats

# Arbitrary: in the real sample resent plays are 1 to 14 lines apart.
_RESENT_WITHIN_LINES = 20
_ROUNDING_S = 1.5


def applies(table):
    is_partial = (table.played_s > 0) & (table.played_s < table.length_s - _ROUNDING_S)
    has_clock = table.timestamp.notnull()
    may_be_second_play = (table.action == "play") & ~is_partial.fill_null(False) & ~has_clock
    is_near = table.source_line - table.previous_line <= _RESENT_WITHIN_LINES
    return table.previous_line.notnull() & (is_near | ~may_be_second_play)
