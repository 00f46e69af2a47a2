"""A time of day that cannot be read: the event keeps its day and loses its clock."""

EFFECT = "note"
NEEDS = ("timestamp_text", "timestamp")
AFTER = ()


def applies(table):
    return table.timestamp_text.notnull() & table.timestamp.isnull()
