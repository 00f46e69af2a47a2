"""Items of services whose logs have no ids for them."""

from __future__ import annotations

import ibis.expr.types as ir


def item_of_names(artist: ir.StringValue, title: ir.StringValue) -> ir.StringValue:
    """``Artist — Title``, which stands for an id; NULL without a title."""
    return artist.fill_null("?") + " — " + title
