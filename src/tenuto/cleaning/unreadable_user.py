"""A user id that is not a whole number where all others are."""

EFFECT = "set_aside"
NEEDS = ("user_text", "user_id")
AFTER = ("no_user",)
ONLY_ODD = True


def applies(table):
    return table.user_id.isnull()
