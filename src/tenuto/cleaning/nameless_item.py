"""A download without title and artist, as iPhones send them: the names come from other rows."""

EFFECT = "note"
NEEDS = ("title", "artist", "item_id", "action")
AFTER = ("unknown_item",)


def applies(table):
    return (table.action == "download") & table.title.isnull() & table.artist.isnull()
