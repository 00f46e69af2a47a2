"""A line that is no record of its format, such as one that is not JSON."""

EFFECT = "set_aside"
NEEDS = ("is_record", "line")
AFTER = ("blank_line", "cut_off_line")


def applies(table):
    return ~table.is_record
