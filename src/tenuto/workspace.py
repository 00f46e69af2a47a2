"""Where everything of one service lives: lake, audit, rollups, runs and campaigns."""

from __future__ import annotations

import os
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import tomli_w
from pydantic import ValidationError

from tenuto.errors import Busy, SettingsError, WorkspaceError
from tenuto.settings import EngineSettings, Settings, SourceSettings

SETTINGS_FILE = "tenuto.toml"


class Workspace:
    """A folder with ``tenuto.toml`` in it.

    Raises
    ------
    WorkspaceError : if ``root`` is not a workspace
    SettingsError : if ``tenuto.toml`` cannot be read, naming the line or the setting
    """

    def __init__(self, root: Path | str):
        self.root = Path(root)
        if not self.settings_file.is_file():
            raise WorkspaceError(
                f"{self.root} is not a Tenuto workspace (it has no {SETTINGS_FILE})",
                mend=f"tenuto init {self.root} --source musicbox --logs FOLDER",
            )
        self.settings = _read_settings(self.settings_file)

    @classmethod
    def create(
        cls, root: Path | str, *, source: str, logs: Path | str, mapping: str = ""
    ) -> Workspace:
        """Make a workspace, or open the one that is there if it has the same source and logs.

        ``mapping`` is the section ``[source.mapping]`` as text, written with its comments.
        """
        root = Path(root)
        wanted = Settings(source=SourceSettings(name=source, logs=_relative(logs, root)))
        if (root / SETTINGS_FILE).exists():
            return _same_or_refuse(cls(root), wanted)
        if root.is_file():
            raise WorkspaceError(f"{root} is a file", mend="name a new or an empty folder")
        if root.is_dir() and any(root.iterdir()):
            raise WorkspaceError(
                f"{root} is not empty and not a workspace", mend="name a new or an empty folder"
            )
        root.mkdir(parents=True, exist_ok=True)
        (root / SETTINGS_FILE).write_text(_as_toml(wanted, mapping), "utf-8")
        return cls(root)

    def use_engine(self, name: str | None, url: str | None) -> None:
        """Compute on another engine than ``tenuto.toml`` names, until the process ends.

        Raises
        ------
        SettingsError : if ``url`` is no address of Spark, or the engine is none that has one
        """
        if name is None and url is None:
            return
        if "" in (name, url):
            option = "--engine" if name == "" else "--spark-url"
            raise SettingsError(
                f"{option} is empty", mend="leave it out, or name one: is a variable not set?"
            )
        known = self.settings.engine.model_dump()
        if name not in (None, "spark"):
            del known["url"], known["spark"]
        wanted = known | {"name": name or "spark"} | ({} if url is None else {"url": url})
        try:
            self.settings.engine = EngineSettings(**wanted)
        except ValidationError as failure:
            problem = failure.errors()[0]["msg"].removeprefix("Value error, ")
            raise SettingsError(
                f"--engine, --spark-url: {problem}",
                mend="for example --engine spark --spark-url spark://host:7077",
            ) from failure

    @property
    def settings_file(self) -> Path:
        return self.root / SETTINGS_FILE

    @property
    def logs(self) -> Path | str:
        """The raw logs: a folder or a file, or the URL of a table."""
        logs = self.settings.source.logs
        return logs if is_url(logs) else Path(os.path.normpath(self.root / logs))

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def rollups(self) -> Path:
        return self.root / "rollups"

    @property
    def audit(self) -> Path:
        return self.root / "audit"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    @property
    def campaigns(self) -> Path:
        """Who is in which group of which campaign, and what it came to: back it up."""
        return self.root / "campaigns"

    def run_folder(self, cutoff: Any) -> Path:
        """Results of the run at ``cutoff``."""
        return self.root / "runs" / str(cutoff)

    @contextmanager
    def lock(self, program: str = "tenuto", file: str = ".lock"):
        """One writer at a time; the lock goes with the process, however it ends.

        ``program``, which holds ``file``, is what others are told of.

        Raises
        ------
        Busy : if another process is writing
        """
        lock = filelock.FileLock(self.root / file)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout as busy:
            raise Busy(
                f"another {program} is writing to {self.root}",
                mend="wait for it to end, or stop it",
            ) from busy
        try:
            yield
        finally:
            lock.release()


def is_url(logs: Path | str) -> bool:
    """Whether ``logs`` is a table somewhere else, not a folder or a file."""
    return "://" in str(logs)


def _relative(logs: Path | str, root: Path) -> str:
    """``logs`` as seen from ``root``, so that both can be moved together."""
    return str(logs) if is_url(logs) else os.path.relpath(Path(logs).resolve(), root.resolve())


def _as_toml(settings: Settings, mapping: str) -> str:
    """All settings; ``mapping`` stands below the source, with its comments."""
    values = settings.model_dump(mode="json")
    source = values.pop("source")
    del source["mapping"]
    first = {"random_state": values.pop("random_state"), "source": source}
    parts = [tomli_w.dumps(first), mapping.strip() + "\n" if mapping else "", tomli_w.dumps(values)]
    return "\n".join(part for part in parts if part)


def _same_or_refuse(found: Workspace, wanted: Settings) -> Workspace:
    for setting in ("name", "logs"):
        here, there = getattr(wanted.source, setting), getattr(found.settings.source, setting)
        if here != there:
            what = "source" if setting == "name" else setting
            raise WorkspaceError(
                f"{found.root} is already a workspace with {what} '{there}', not '{here}'",
                mend=f"use another folder, or edit source.{setting} in {found.settings_file}",
            )
    return found


def _read_settings(file: Path) -> Settings:
    try:
        return Settings(**tomllib.loads(file.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise SettingsError(f"{file}: {failure}", mend="correct that line") from failure
    except ValidationError as failure:
        problem = failure.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise SettingsError(
            f"{file}: {where}: {problem['msg']} (it is {problem.get('input')!r})",
            mend="correct that setting; docs/reference lists them all",
        ) from failure
