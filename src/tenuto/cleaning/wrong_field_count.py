"""Too few or too many fields, and no rule knows how to mend it."""

EFFECT = "set_aside"
NEEDS = ("fields", "n_expected")
AFTER = ("broken_record",)
ONLY_ODD = True


def applies(table):
    return table.fields.length() != table.n_expected
