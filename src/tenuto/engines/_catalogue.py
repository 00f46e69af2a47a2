"""The engines there are, and the one that a workspace asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tenuto.catalogue import Catalogue
from tenuto.engines._contract import Engine
from tenuto.settings import EngineSettings

CATALOGUE = Catalogue("tenuto.engines", must_provide=("open",))


def open_engine(settings: EngineSettings, scratch: Path) -> Engine:
    """The engine that ``settings`` name, on one thread where it runs in this process alone.

    One thread: floats are always summed in the same order, so runs repeat to the byte. Spark
    promises no order, and gets all the threads that there are.

    Raises
    ------
    UnknownName : if there is no such engine
    EngineError : if it cannot be reached
    """
    options: dict[str, Any] = {"threads": 1}
    if settings.name == "spark":
        threads = settings.n_threads()
        options = {"threads": threads, "url": settings.url, "options": settings.spark}
    member = CATALOGUE.get(settings.name)
    return member.open(memory=settings.memory, scratch=scratch, **options)
