"""What items are called, from a plain table: an id, a name, and an artist where there is one.

item_id,title,artist        id  name           url
51,Sleep,Ann                51  Duran Duran    http://…
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tenuto.errors import SourceError
from tenuto.lists._reasons import Named
from tenuto.lists._table_columns import ITEM, NAMES
from tenuto.lists._table_read import ids_of
from tenuto.sources._mapped.first_rows import rows_of_file
from tenuto.sources._mapped.formats import open_rows
from tenuto.sources._mapped.mapping import Mapping
from tenuto.sources._mapped.raw_blocks import as_text
from tenuto.sources._mapped.synonyms import COLUMNS, plain

_IDS = (*(name for name in NAMES[ITEM] if name.endswith("id")), "id", "item")
_TITLES = (*COLUMNS["title"], "movietitle", "booktitle", "showtitle", "label", *COLUMNS["artist"])


def read_names(file: Path | str) -> Named:
    """item_id -> what it is called, "Title by Artist" where both are there.

    Raises
    ------
    SourceError : if there is no such file, or no column of ids or names in it
    """
    path = Path(file)
    if not path.is_file():
        raise SourceError(f"there is no file {path}", mend="name a table of items")
    first = rows_of_file(path)
    columns = list(first.columns)
    item = _called(_IDS, columns)
    title = _called(_TITLES, [name for name in columns if name != item])
    if item is None or title is None:
        raise SourceError(
            f"{path}: no column is called like {'an item' if item is None else 'a name'}. "
            f"There are: {', '.join(columns)}",
            mend="call the columns item_id and title, and artist where there is one",
        )
    artist = _called(COLUMNS["artist"], [name for name in columns if name not in (item, title)])
    mapping = Mapping(
        user_id=item, title=title, artist=artist or "", delimiter=first.delimiter, columns=[]
    )
    names: Named = {}
    for block in open_rows(path, mapping):
        whole = block.frame["is_record"].combine_chunks()
        used = [name for name in (item, title, artist) if name is not None]
        cells = [block.cells[name].filter(whole) for name in used]
        ids = ids_of(cells[0], item in first.types)
        texts = [pd.Series(as_text(cell).to_pandas(), dtype="str").fillna("") for cell in cells[1:]]
        names |= _named(ids, *texts)
    return names


def _named(ids: pd.Series, titles: pd.Series, artists: pd.Series | None = None) -> Named:
    if artists is not None:
        titles = titles.where(artists == "", titles + " by " + artists)
    known = ids.notna() & (titles != "")
    return dict(zip(ids[known].tolist(), titles[known].tolist(), strict=True))


def _called(words: tuple[str, ...], columns: list[str]) -> str | None:
    for word in words:
        for column in columns:
            if plain(column.partition(":")[0]) == word:
                return column
    return None
