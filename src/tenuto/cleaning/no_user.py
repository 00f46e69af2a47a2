"""No user: nobody can be told from anybody else.

Source: K43.
"""

EFFECT = "set_aside"
NEEDS = ("user_text", "user_id")
ONLY_ODD = True


def applies(table):
    return table.user_text.isnull() | table.user_text.isin(["", "null", "None", "nan"])
