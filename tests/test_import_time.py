"""What is imported when: help and `import tenuto` stay fast because they import no room."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tenuto.cli import CATALOGUE

HEAVY = (
    *("altair", "duckdb", "ibis", "lightgbm", "numpy", "pandas", "pyarrow", "scipy", "sklearn"),
    *("fastapi", "httpx", "prometheus_client", "uvicorn"),
)


def imported_by(code: str) -> set[str]:
    """The heavy packages that a fresh Python has imported after ``code``."""
    seen = f"print(*[name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\n{seen}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines()[-1].split())


def test_what_is_heavy_would_be_seen():
    assert "numpy" in imported_by("import numpy")


def test_importing_tenuto_imports_no_heavy_package():
    assert imported_by("import tenuto") == set()


def test_importing_tenuto_imports_no_room():
    script = "import sys, tenuto; print(*[name for name in sys.modules if 'tenuto.' in name])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["no-such-command"]])
def test_the_program_itself_imports_no_heavy_package(arguments):
    assert imported_by(f"from tenuto.cli import main; main({arguments})") == set()


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_the_help_of_a_command_imports_no_heavy_package(name):
    assert imported_by(f"from tenuto.cli import main; main(['{name}', '--help'])") == set()
