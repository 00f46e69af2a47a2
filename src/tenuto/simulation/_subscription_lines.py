"""The log file of a day: events as JSON values, some rows at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenuto.simulation import _json_lines
from tenuto.simulation._json_lines import Columns
from tenuto.simulation._pages import PAGES
from tenuto.simulation._sittings import Service
from tenuto.simulation._subscribers import FIRST_DAY_MS, profiles
from tenuto.simulation._subscription_model import FIRST_DAY, PLANS
from tenuto.simulation._visits import Events

ROWS_AT_A_TIME = 200_000
GARBLED_SHARE = 0.8  # of the songs with an accent; the published logs have both (section 2.5)
EXPORTED_SHARE = 0.15  # of the days; arbitrary


class Lines:
    """Writes days of events below ``folder``."""

    def __init__(
        self,
        folder: Path,
        service: Service,
        seed: int,
        packed: bool,
        dirt: bool,
        file_faults: bool,
        logged_out_id: str,
    ):
        self.folder, self.service, self.seed = folder, service, seed
        self.ending = ".json.gz" if packed else ".json"
        self.dirt, self.file_faults = dirt, file_faults
        self.nobody = pa.scalar(json.dumps(logged_out_id))
        self.pages = {
            "page": pa.array([json.dumps(page.name) for page in PAGES]),
            "auth": pa.array([json.dumps(page.auth) for page in PAGES]),
            "method": pa.array([json.dumps(page.method) for page in PAGES]),
            "status": pa.array([str(page.status) for page in PAGES]),
        }
        self.has_user = np.array([page.has_user for page in PAGES])
        self.profiles = profiles(service.people)
        self.plans = pa.array([json.dumps(plan) for plan in PLANS])
        self.songs: dict[tuple[bool, bool], Columns] = {}

    def write(self, day: int, events: Events) -> None:
        """Write the file of one day; the events are in the order of the clock."""
        rng = np.random.default_rng([self.seed, 20, day])
        is_exported = bool(rng.random() < EXPORTED_SHARE) and self.file_faults
        when = FIRST_DAY + timedelta(days=day)
        path = self.folder / f"{when:%Y/%m}" / f"{when}-events{self.ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        chunks = self._chunks(events, is_exported, rng)
        _json_lines.write_lines(path, chunks, ends_last_line=not is_exported)

    def _chunks(
        self, events: Events, is_exported: bool, rng: np.random.Generator
    ) -> Iterator[pa.Array]:
        to_lines = _json_lines.exported_lines if is_exported else _json_lines.generated_lines
        for start in range(0, len(events), ROWS_AT_A_TIME):
            piece = events.take(slice(start, start + ROWS_AT_A_TIME))
            yield to_lines(self._columns(piece, is_exported, rng))

    def _columns(self, events: Events, ascii_only: bool, rng: np.random.Generator) -> Columns:
        page, row = pa.array(events.page), pa.array(events.row)
        has_user = pa.array(self.has_user[events.page])
        columns = {name: values.take(page) for name, values in self.pages.items()}
        for name, values in self.profiles.items():
            nobody = self.nobody if name == "userId" else pa.scalar(None, pa.string())
            columns[name] = pc.if_else(has_user, values.take(row), nobody)
        columns["level"] = self.plans.take(pa.array(events.plan))
        columns["ts"] = _text(FIRST_DAY_MS + events.second * 1000)
        columns["sessionId"], columns["itemInSession"] = (
            _text(events.session_id),
            _text(events.item),
        )
        return columns | self._songs(events.song, ascii_only, rng)

    def _songs(self, song: np.ndarray, ascii_only: bool, rng: np.random.Generator) -> Columns:
        """artist, song and length, NULL where no song is played."""
        is_garbled = pa.array((rng.random(len(song)) < GARBLED_SHARE) & self.dirt)
        place = pa.array(song, mask=song < 0)
        right = self._catalogue(ascii_only, garbled=False)
        wrong = self._catalogue(ascii_only, garbled=self.dirt)
        return {
            name: pc.if_else(is_garbled, wrong[name].take(place), values.take(place))
            for name, values in right.items()
        }

    def _catalogue(self, ascii_only: bool, garbled: bool) -> Columns:
        """Made when first needed: every title is encoded once."""
        if (ascii_only, garbled) not in self.songs:
            values = self.service.songs.json_values(ascii_only=ascii_only, garbled=garbled)
            self.songs[ascii_only, garbled] = values
        return self.songs[ascii_only, garbled]


def _text(numbers: np.ndarray) -> pa.Array:
    return pc.cast(pa.array(numbers), pa.string())
