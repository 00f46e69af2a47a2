"""Names in UTF-8 that was taken for Latin-1 and encoded again: BjÃ¶rk is Björk.

Seen once and twice over in published logs (seeds.md §2.5). The library ftfy decides: a name that
is right as it stands, such as "São", is left alone.
"""

from functools import lru_cache

import ftfy
import ibis
import ibis.expr.datatypes as dt

EFFECT = "mend"
NEEDS = ("title", "artist", "item_text", "action")
ONLY_ODD = True

# Only these letters begin what two-byte UTF-8 looks like in Latin-1.
_SUSPICIOUS = "[\u00c2-\u00f4][\u0080-\u00ff\u2013-\u2122\u0152-\u017e\u0192\u02c6\u02dc]"
_NAMES = ("title", "artist")


@ibis.udf.scalar.python
def _repaired(text: dt.string) -> dt.string:
    return None if text is None else _right(text)


@lru_cache(maxsize=1 << 16)
def _right(name: str) -> str:
    """The same names come again and again, and to mend one takes 50 microseconds and more."""
    return ftfy.fix_encoding(name)


def prepare(table):
    """Adds the mended ``new_title`` and ``new_artist``."""
    return table.mutate(
        **{
            f"new_{name}": table[name]
            .re_search(_SUSPICIOUS)
            .ifelse(_repaired(table[name]), table[name])
            for name in _NAMES
        }
    )


def applies(table):
    return (table.new_title != table.title).fill_null(False) | (
        table.new_artist != table.artist
    ).fill_null(False)


def mend(table):
    """The names; and the id, where a source has no other than the names."""
    item_text = table.item_text
    for name in _NAMES:
        has_name = item_text.contains(table[name]).fill_null(False)
        item_text = has_name.ifelse(item_text.replace(table[name], table[f"new_{name}"]), item_text)
    return {"title": table.new_title, "artist": table.new_artist, "item_text": item_text}
