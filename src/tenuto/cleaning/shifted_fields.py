"""A leading tab that moves every field one to the right: the empty first field is dropped.

Two in a thousand plays of the real sample (seeds.md §2.2).
"""

EFFECT = "mend"
NEEDS = ("fields", "n_expected")
AFTER = ("blank_line", "cut_off_line")
ONLY_ODD = True


def applies(table):
    return (table.fields.length() == table.n_expected + 1) & table.line.startswith("\t")


def mend(table):
    return {"fields": table.line.substr(1).split("\t")}
