"""A song that no catalogue knows, 0, -1 or nothing: kept for churn, not recommended.

Source: K24.
"""

EFFECT = "mend"
NEEDS = ("item_text", "item_id", "action", "user_id")
AFTER = ()


def applies(table):
    is_unknown = table.item_text.isnull() | table.item_text.isin(["", "0", "-1", "null", "nan"])
    return (table.action != "search") & is_unknown


def mend(table):
    return {"item_id": None}
