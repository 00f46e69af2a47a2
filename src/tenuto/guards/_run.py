"""All guards, one after the other: what each looked at, or one refusal that names them all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import pandas as pd

from tenuto.errors import LeakError, NotEnoughData
from tenuto.guards._catalogue import CATALOGUE
from tenuto.guards._contract import Study


def run_guards(
    study: Study, allow: Collection[str] = (), names: Sequence[str] | None = None
) -> pd.DataFrame:
    """What every guard said.

    Parameters
    ----------
    allow : features, or whole guards, that are let pass by name; the table keeps what was said
    names : which guards are asked; all by default

    Returns
    -------
    DataFrame, one row per guard: ``guard``, ``question``, ``passed`` (NULL where it could not
    be asked), ``said``.

    Raises
    ------
    LeakError : if any guard refuses; all refusals in one, each under its guard's name
    """
    asked = replace(study, allow=study.allow | frozenset(allow))
    rows, refusals = [], {}
    for name in names or CATALOGUE.names():
        guard = CATALOGUE.get(name)
        passed: bool | None
        try:
            passed, said = True, guard.check(asked)
        except NotEnoughData as unasked:
            passed, said = None, f"not asked: {unasked.message}"
        except LeakError as refusal:
            passed, said = False, refusal.message
            if name in asked.allow:
                said = f"let pass by name: {said}"
            else:
                refusals[name] = refusal
        rows.append((name, guard.LABEL, passed, said))
    if refusals:
        raise _as_one(refusals)
    table = pd.DataFrame(rows, columns=["guard", "question", "passed", "said"])
    return table.astype({"passed": "boolean"})


def _as_one(refusals: dict[str, LeakError]) -> LeakError:
    said = "\n  ".join(f"{name}: {refusal.message}" for name, refusal in refusals.items())
    mends = dict.fromkeys(str(refusal.mend) for refusal in refusals.values() if refusal.mend)
    return LeakError(said, mend="; ".join(mends) or None)
