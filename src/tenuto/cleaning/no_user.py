"""No user, or the pseudo-user 0 that stands for everybody who is not logged in.

Source: K43.
"""

EFFECT = "set_aside"
NEEDS = ("user_text", "user_id")


def applies(table):
    return table.user_text.isnull() | table.user_text.re_search("^(0*|null|None)$")
