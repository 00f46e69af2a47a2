"""The sums by day, each rollup a table of its own, replaced day by day; and all items and users.

Days that are no longer in the lake stay in the warehouse.
"""

from tenuto.events.lake import Lake, stored_digest
from tenuto.rollups import CATALOGUE, items_file
from tenuto.rollups._build import users_file
from tenuto.warehouse._contract import Table
from tenuto.warehouse._files import parquet_part

GROUP = "rollups"


def names():
    """The tables of this export."""
    return [*CATALOGUE.names(), "items", "users"]


def tables(at):
    """Those that the source knows enough for."""
    lake = Lake(at.workspace.rollups)
    found = [_of_days(lake, name, member.KEY) for name, member in CATALOGUE.all().items()]
    whole = (
        ("items", "item_id", items_file(at.workspace)),
        ("users", "user_id", users_file(at.workspace)),
    )
    return [table for table in found if table.parts] + [
        Table(name, (key,), [parquet_part(file, None, None, stored_digest(file) or "")], by=None)
        for name, key, file in whole
        if file.exists()
    ]


def _of_days(lake, name, key):
    parts = [
        parquet_part(lake.path(name, day), "day", day, lake.digest(name, day) or "")
        for day in lake.days(name)
    ]
    return Table(name, key, parts, by="day")
