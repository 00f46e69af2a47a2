"""Run the commands of a page in a new folder and put their real output into the page.

Usage: ``python docs/refresh.py docs/tutorial.md FOLDER``. In each ``console`` block a line that
starts with ``$`` is a command; what follows up to the next one is its output. Progress (stderr)
is left out where the command succeeds; what a failing command says is shown with it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def commands(page: str) -> list[str]:
    """The commands of all ``console`` blocks of ``page``, in order; ``$`` may be left out."""
    return [command for block in BLOCK.findall(page) for command in of_block(block)]


def of_block(block: str) -> list[str]:
    """The commands of one block: the lines that start with ``$``, or all lines if none does."""
    lines = [line for line in block.splitlines() if line.strip()]
    marked = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return marked or lines


def refreshed(page: str, run: Callable[[str], str]) -> str:
    """``page`` with the output of each marked command as ``run(command)`` gives it now."""

    def block(match: re.Match[str]) -> str:
        if "$ " not in match[1]:
            return match[0]
        shown = [f"$ {command}\n{run(command)}" for command in of_block(match[1])]
        return "```console\n" + "\n".join(part.rstrip("\n") for part in shown) + "\n```"

    return BLOCK.sub(block, page)


def run_in(folder: Path) -> Callable[[str], str]:
    """A function that runs one command in ``folder`` with the `tenuto` of this Python."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def run(command: str) -> str:
        done = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout if done.returncode == 0 else done.stdout + done.stderr

    return run


if __name__ == "__main__":
    document, place = Path(sys.argv[1]), Path(sys.argv[2])
    place.mkdir(parents=True)
    document.write_text(refreshed(document.read_text("utf-8"), run_in(place)), "utf-8")
