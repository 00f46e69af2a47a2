"""Search queries as people typed them, from their URL encoding."""

from __future__ import annotations

from urllib.parse import unquote_plus

import ibis
import ibis.expr.datatypes as dt


# One text at a time: as fast on DuckDB as whole arrays are, and Spark has no other way.
@ibis.udf.scalar.python
def decoded(query: dt.string) -> dt.string:
    """A query without its percent encoding; ``+`` is a space.

    Android writes upper-case hex and ``+``, iPhone lower-case hex and ``%20`` (seeds.md
    §2.2). Bytes that are not UTF-8 become U+FFFD, which the ``undecodable_query`` rule counts.
    """
    return None if query is None else unquote_plus(query)
