r"""A record broken over two lines inside a title: the halves are joined again.

The first half ends in the title, the second starts with an empty field (the rest of the
title). Four pairs in a thousand downloads of the real sample, all ring tones (seeds.md §2.2).
"""

EFFECT = "mend"
NEEDS = ("fields", "n_expected", "source_line")
AFTER = ("extra_tabs",)
ONLY_ODD = True


def prepare(table):
    """Adds ``joined_line`` to first halves, and ``second_half_line`` to second halves."""
    too_short = (table.fields.length() < table.n_expected) & (table.fields.length() > 1)
    short = table.filter(too_short & table.reason.isnull())
    first = short.filter(~short.line.startswith("\t")).select(
        "n_expected",
        half_line="source_line",
        next_line=lambda row: row.source_line + 1,
        start="line",
        n_start=lambda row: row.fields.length(),
    )
    second = short.filter(short.line.startswith("\t")).select(
        second_half_line="source_line", rest="line", n_rest=lambda row: row.fields.length()
    )
    pairs = first.inner_join(second, [("next_line", "second_half_line")])
    # The second half starts with a tab, so its first field is empty and belongs to the title.
    pairs = pairs.filter(pairs.n_start + pairs.n_rest - 1 == pairs.n_expected)
    joined = pairs.select("half_line", joined_line=pairs.start + pairs.rest)
    absorbed = pairs.select("second_half_line")
    return table.left_join(joined, [("source_line", "half_line")]).left_join(
        absorbed, [("source_line", "second_half_line")]
    )


def applies(table):
    return table.half_line.notnull()


def mend(table):
    return {"fields": table.joined_line.split("\t"), "line": table.joined_line}


def absorbed(table):
    return table.second_half_line.notnull()
