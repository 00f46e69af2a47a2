"""An event without a clock that can be read, where nothing else tells its day."""

EFFECT = "set_aside"
NEEDS = ("day", "user_id")
AFTER = ("no_user", "unreadable_user", "unreadable_clock")


def applies(table):
    return table.day.isnull()
