"""A song that no catalogue knows, without an id: kept for churn, not recommended.

Source: K24.
"""

EFFECT = "mend"
NEEDS = ("item_text", "item_id", "action", "user_id")
AFTER = ()


def applies(table):
    is_unknown = table.item_text.isnull() | table.item_text.isin(["", "null", "nan"])
    return table.action.isin(["play", "download"]) & is_unknown


def mend(table):
    return {"item_id": None}
