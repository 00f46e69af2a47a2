"""A user id of seven digits or fewer where most have nine: an old account; kept.

Source: seeds.md §2.1.
"""

EFFECT = "note"
NEEDS = ("user_text", "user_id")
AFTER = ("unreadable_user",)


def applies(table):
    return table.user_text.length() <= 7
