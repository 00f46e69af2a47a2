"""A line with nothing on it."""

EFFECT = "set_aside"
NEEDS = ("line",)


def applies(table):
    return table.line.strip() == ""
