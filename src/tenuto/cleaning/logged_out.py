"""An event of somebody who is not logged in, under an id that all of them share.

Kept apart, it would be one user with 778,479 events (K43); most such rows have no id at all.
"""

EFFECT = "set_aside"
NEEDS = ("is_logged_out", "user_id")
AFTER = ("no_user",)


def applies(table):
    return table.is_logged_out
