"""A user id at least two digits shorter than most, such as seven of nine: an old account; kept.

Source: seeds.md §2.1.
"""

EFFECT = "note"
NEEDS = ("user_text", "user_id", "usual_user_digits")
AFTER = ("unreadable_user",)


def applies(table):
    return table.user_text.length() <= table.usual_user_digits - 2
