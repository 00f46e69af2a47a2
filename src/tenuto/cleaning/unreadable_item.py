"""A song id that is not a whole number where all others are: kept for churn, not recommended."""

EFFECT = "note"
NEEDS = ("item_text", "item_id", "action")
AFTER = ("unknown_item",)
ONLY_ODD = True


def applies(table):
    is_unknown = table.item_text.isnull() | table.item_text.isin(["", "null", "nan"])
    return ~is_unknown & table.item_id.isnull()
