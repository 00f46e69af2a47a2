"""What is handed out: pins, and a wheel that works in an empty environment."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGE = CHECKOUT / "src" / "tenuto"
CONSTRAINTS = CHECKOUT / "constraints.txt"


def pins() -> dict[str, str]:
    pairs = (line.split("==") for line in CONSTRAINTS.read_text().splitlines())
    return {canonicalize_name(name): version for name, version in pairs}


def declared() -> list[Requirement]:
    """Everything that the package and its extras ask for, but the package itself."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    asked = [Requirement(needed) for group in groups for needed in group]
    return [needed for needed in asked if needed.name != project["name"]]


def run(*command: object, cwd: Path | None = None) -> str:
    """The standard output of a command that has to succeed."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_constraints_are_names_and_versions_and_nothing_else():
    pin = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.+!]*")
    odd = [line for line in CONSTRAINTS.read_text().splitlines() if not pin.fullmatch(line)]
    assert odd == []


def test_no_package_is_pinned_twice():
    assert len(pins()) == len(CONSTRAINTS.read_text().splitlines())


@pytest.mark.parametrize("needed", declared(), ids=lambda needed: needed.name)
def test_everything_asked_for_is_pinned_within_its_range(needed):
    assert needed.specifier.contains(pins()[canonicalize_name(needed.name)])


# The wheel.


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from the source archive, so that nothing of an older build is in it."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--outdir", folder, CHECKOUT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory) -> Path:
    """The programs of an environment that holds the wheel and what it needs, no more."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    programs = folder / "bin"
    run(programs / "python", "-m", "pip", "install", "--quiet", "-c", CONSTRAINTS, wheel)
    return programs


@pytest.mark.slow
def test_the_wheel_holds_every_module_and_page_and_no_test(wheel):
    ours = [file for file in PACKAGE.rglob("*") if file.is_file() and file.suffix != ".pyc"]
    expected = {file.relative_to(PACKAGE.parent).as_posix() for file in ours}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == expected


@pytest.mark.slow
def test_the_wheel_asks_for_all_that_the_program_imports(programs, tmp_path):
    assert run(programs / "tenuto", "--version", cwd=tmp_path).startswith("tenuto ")
    assert "All is well." in run(programs / "tenuto", "doctor", cwd=tmp_path)


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel(programs, tmp_path):
    said = run(
        programs / "tenuto", "demo", "demo", "--listeners", "100", "--no-serve", cwd=tmp_path
    )
    report = re.search(r"report\s+(\S+)", said)
    assert report is not None
    assert (tmp_path / report[1]).stat().st_size > 10_000
