"""A line with nothing on it."""

EFFECT = "set_aside"
NEEDS = ("line",)
ONLY_ODD = True


def applies(table):
    # Trimming a whole line costs fifteen times as much as looking for its first letter.
    return ~table.line.re_search(r"[^ \t\n\r\x0B\x0C]")
