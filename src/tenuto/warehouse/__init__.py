"""What leaves for the team's own warehouse: tables of results and sums, and definitions as SQL.

A member provides ``GROUP`` (what it is chosen by, beside its name) and ``tables(at)``, a list of
`Table`: a name, the columns that name a row, and the parts in which rows are replaced. Nothing is
read before its turn comes. ``_sql*.py`` print the definitions that the tables come from.
"""

from tenuto.warehouse._catalogue import CATALOGUE
from tenuto.warehouse._contract import Exported, Part, Table
from tenuto.warehouse._export import ExportSummary, check, export
from tenuto.warehouse._read import read
from tenuto.warehouse._sql import Statement, statements
from tenuto.warehouse._sql_asked import asked_of_source, asked_of_workspace
from tenuto.warehouse._sql_definitions import Asked
from tenuto.warehouse._sql_dialects import DIALECTS
from tenuto.warehouse._sql_tables import Knowledge

__all__ = [
    "CATALOGUE",
    "DIALECTS",
    "Asked",
    "ExportSummary",
    "Exported",
    "Knowledge",
    "Part",
    "Statement",
    "Table",
    "asked_of_source",
    "asked_of_workspace",
    "check",
    "export",
    "read",
    "statements",
]
