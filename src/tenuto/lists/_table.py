"""Recommendations from a plain table, from the file to the folder: what the command line calls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from tenuto.errors import ContractError, SettingsError, SourceError
from tenuto.lists._table_fit import PairFit, PairSettings, figures_of_nothing
from tenuto.lists._table_names import read_names
from tenuto.lists._table_read import PairTable, read_pair_table
from tenuto.lists._table_results import PairSummary, check_folder, write_model, write_pair_fit
from tenuto.lists._table_serve import Served, Shop
from tenuto.lists._table_split import has_repeats, interactions_from
from tenuto.recommenders._interchange import export_factors, read_factors
from tenuto.recommenders._interchange_pairs import export_pairs
from tenuto.recommenders._interchange_similar import K_SIMILAR, export_similar
from tenuto.record import write_folder_aside
from tenuto.search.budget import Told


def fit_table(
    file: Path | str,
    out: Path | str,
    settings: PairSettings | None = None,
    *,
    factors: Path | str | None = None,
    names: Path | str | None = None,
    user_ids: Path | str | None = None,
    item_ids: Path | str | None = None,
    progress: Told | None = None,
) -> PairSummary:
    """A recommender from the table in ``file``, judged and kept in ``out`` with everybody's lists.

    Parameters
    ----------
    factors : what another tool made, to serve with instead of learning: see `read_factors`
    names : a table of what items are called
    user_ids, item_ids : files with an id a line, of the rows and columns of a matrix, or of the
        rows of ``factors``

    Raises
    ------
    SourceError : if a file cannot be read, or nothing says which column is what
    SettingsError : if ``out`` holds something else
    """
    asked, out = settings or PairSettings(), Path(out)
    check_folder(out)
    users, items = _ids_in(user_ids), _ids_in(item_ids)
    table = read_pair_table(file, asked.columns(), user_ids=users, item_ids=items)
    called = read_names(names) if names is not None else None
    if factors is None:
        return write_pair_fit(table, asked, out, called, progress)
    found = _moved_in(table, factors, items)
    asked = replace(asked, model=found.model.name())
    kept: list[PairSummary] = []
    write_folder_aside(
        out, lambda aside: kept.append(write_model(found, table, asked, aside, called, progress))
    )
    return kept[0]


def songs_for(
    folder: Path | str,
    *,
    user: str | None = None,
    history: list[str] | None = None,
    k: int = 10,
    include_heard: bool = False,
) -> Served:
    """The list of a ``user`` of the table, or of a newcomer with a ``history``.

    Raises
    ------
    SettingsError : unless one of the two is given
    UnknownName : if the user, or all of the history, is unknown
    """
    if (user is None) == (history is None):
        raise SettingsError(
            "for whom? " + ("both are given" if user else "nobody is named"),
            mend="one of --user ID and --history ITEM,ITEM",
        )
    shop = Shop.open(folder)
    if user is not None:
        return shop.for_user(user, k, include_heard=include_heard)
    return shop.for_history(history or [], k, include_heard=include_heard)


def export_model(
    folder: Path | str,
    *,
    factors: Path | str | None = None,
    pairs: Path | str | None = None,
    similar: Path | str | None = None,
    k: int = K_SIMILAR,
) -> dict[str, Any]:
    """Write what other tools read; what was written, by name.

    Raises
    ------
    SettingsError : if nothing is asked for
    ContractError : if the model has no factors and they are asked for
    """
    if factors is None and pairs is None and similar is None:
        raise SettingsError("nothing to write", mend="--factors, --pairs or --similar FILE")
    model = Shop.open(folder).model
    written: dict[str, Any] = {"model": model.name()}
    if factors is not None:
        written["factors_of"] = export_factors(model, factors)
    if pairs is not None:
        written["n_pairs"] = export_pairs(model, pairs)
    if similar is not None:
        written["n_similar"] = export_similar(model, similar, k)
    return written


def _moved_in(table: PairTable, factors: Path | str, item_ids: pd.Index | None) -> PairFit:
    known = interactions_from(table)
    found = read_factors(factors, known, item_ids=item_ids)
    notes = [*table.notes, f"{found.how}; nothing was held out, so there are no figures"]
    if found.agreement is not None:
        notes.append(
            f"of the first 10 items by the given user factors, {found.agreement:.0%} are on "
            "the lists made from histories"
        )
    if found.n_without_factors:
        notes.append(f"{found.n_without_factors:,} items have no factors and are never recommended")
    repeats = has_repeats(table)
    return PairFit(found.recommender, known, repeats, figures_of_nothing(), None, None, notes)


def _ids_in(file: Path | str | None) -> pd.Index | None:
    """Ids, one a line, as whole numbers where all are."""
    if file is None:
        return None
    try:
        lines = Path(file).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise SourceError(f"{file} cannot be read: {problem}", mend="one id a line") from problem
    texts = [line.strip() for line in lines if line.strip()]
    if not texts:
        raise ContractError(f"{file} has no ids", mend="write one id a line")
    is_whole = all(text.isdecimal() and str(int(text)) == text for text in texts)
    return pd.Index([int(text) for text in texts] if is_whole else texts)
