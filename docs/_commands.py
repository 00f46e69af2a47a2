"""Every command with its arguments, options and example."""

from __future__ import annotations

from typing import Any

import _markdown as md

from tenuto.cli._program import CATALOGUE, build_command, spoken

_EXAMPLE = "Example:"


def page() -> str:
    """All commands, in the order of their names."""
    return "\n".join(_command(name) for name in CATALOGUE)


def _command(name: str) -> str:
    command = build_command(name)
    words, _, example = (command.help or "").partition(_EXAMPLE)
    parts = [
        f"## `tenuto {spoken(name)}`",
        md.text(words.strip()),
        f"```console\n$ {example.strip()}\n```",
        md.table(["argument or option", "default", "meaning"], map(_row, command.params)),
    ]
    return "\n\n".join(parts)


def _row(parameter: Any) -> list[str]:
    is_option = parameter.param_type_name == "option"
    metavar = "" if getattr(parameter, "is_flag", False) else parameter.metavar or "VALUE"
    name = f"{parameter.opts[-1]} {metavar}".strip() if is_option else parameter.name.upper()
    if not is_option and parameter.metavar:
        name = parameter.metavar
    return [md.code(name), _default(parameter), md.text(getattr(parameter, "help", "") or "")]


def _default(parameter: Any) -> str:
    if parameter.required:
        return "has to be given"
    if getattr(parameter, "is_flag", False):
        return "off"
    if parameter.default is None:
        return "none"
    return md.code(parameter.default)
