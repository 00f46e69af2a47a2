"""A row cut by extra tabs: empty fields are dropped when that leaves the right number.

One in a thousand plays of the real sample has 14 fields, 5 of them empty (seeds.md §2.2).
"""

EFFECT = "mend"
NEEDS = ("fields", "n_expected")
AFTER = ("shifted_fields",)
ONLY_ODD = True


def _without_empty_fields(table):
    return table.line.re_replace("\t\t+", "\t").re_replace("^\t|\t$", "").split("\t")


def applies(table):
    return (table.fields.length() > table.n_expected) & (
        _without_empty_fields(table).length() == table.n_expected
    )


def mend(table):
    return {"fields": _without_empty_fields(table)}
