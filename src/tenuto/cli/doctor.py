"""Look for what is wrong with the machine, the installation and a workspace.

Prints what it finds and what to do about it. The exit status is 0 when all
is well and 2 when something has to be mended.

Example:

  tenuto doctor my-service
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tenuto.cli._findings import Finding, machine
from tenuto.cli._options import AsJson
from tenuto.cli._output import print_json, print_table


def command(
    folder: Annotated[
        Path | None, typer.Argument(metavar="WORKSPACE", help="A workspace to look at, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    findings = machine(folder or Path())
    if folder is not None:
        from tenuto.cli._health import health

        findings += health(folder)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    if any(finding.state == "fault" for finding in findings):
        raise typer.Exit(2)


def _print(findings: list[Finding]) -> None:
    print_table(
        ["", "what", "found"],
        [[finding.state, finding.what, finding.found] for finding in findings],
    )
    mends = [finding for finding in findings if finding.mend]
    if mends:
        print()
    for finding in mends:
        print(f"{finding.what}: {finding.found}\n  To mend: {finding.mend}")
    n_faults = sum(finding.state == "fault" for finding in findings)
    print(f"\n{n_faults} to mend." if n_faults else "\nAll is well.")
