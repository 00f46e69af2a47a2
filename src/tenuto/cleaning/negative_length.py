"""A negative song length, such as -1: unknown, later taken from the song's other plays."""

EFFECT = "mend"
NEEDS = ("length_s", "user_id")
AFTER = ("milliseconds",)
ONLY_ODD = True


def applies(table):
    return table.length_s < 0


def mend(table):
    return {"length_s": None}
