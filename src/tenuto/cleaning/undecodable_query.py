"""A search query whose bytes are not UTF-8 after URL decoding: kept, bad bytes replaced."""

EFFECT = "note"
NEEDS = ("text", "user_id")
AFTER = ()


def applies(table):
    return table.text.contains("\ufffd")
