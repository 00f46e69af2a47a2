"""Bytes that are not UTF-8: the record is kept, each bad byte replaced by U+FFFD.

Source: K39.
"""

EFFECT = "note"
NEEDS = ("has_bad_bytes", "action")
ONLY_ODD = True


def applies(table):
    return table.has_bad_bytes
