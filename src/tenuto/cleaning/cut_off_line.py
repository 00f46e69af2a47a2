"""The last line of a truncated archive: nobody knows how it went on."""

EFFECT = "set_aside"
NEEDS = ("is_cut_off",)
ONLY_ODD = True


def applies(table):
    return table.is_cut_off
