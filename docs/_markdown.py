"""Docstrings and tables as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any

_UNDERLINE = re.compile(r"^-{3,}$")
_CODE = re.compile(r"(`+[^`]*`+)")
_ITEM = re.compile(r"^([\w*][\w, *.…]*?) : (.*)$")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; cells are on one line and their bars are escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines) + "\n"


def code(text: Any) -> str:
    """``text`` in code marks; an empty text stays empty."""
    return f"`{text}`" if str(text) else ""


def text(docstring: str) -> str:
    """Prose of a docstring: double code marks made single, angle brackets kept from HTML."""
    parts = _CODE.split(docstring.replace("``", "`"))
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def one_line(docstring: str) -> str:
    """A docstring's first paragraph on one line."""
    return " ".join(text(docstring).split("\n\n")[0].split())


def of(thing: Any) -> str:
    """The docstring of a module, class or function as Markdown, sections as lists."""
    return from_docstring(inspect.getdoc(thing) or "")


def from_docstring(docstring: str) -> str:
    """A numpydoc docstring as Markdown.

    Headings of sections become bold lines, ``name : meaning`` items of a list, indented
    blocks and examples stay code.
    """
    before, *sections = _sections(docstring.splitlines())
    parts = [_prose(before[1]), *(f"**{title}**\n\n{_body(lines)}" for title, lines in sections)]
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def _sections(lines: list[str]) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = [("", [])]
    for at, line in enumerate(lines):
        if at + 1 < len(lines) and _UNDERLINE.match(lines[at + 1]) and line.strip():
            found.append((line.strip(), []))
        elif not _UNDERLINE.match(line):
            found[-1][1].append(line)
    return found


def _body(lines: list[str]) -> str:
    if any(line.lstrip().startswith(">>>") for line in lines):
        return "```python\n" + "\n".join(lines).strip("\n") + "\n```"
    if not any(_ITEM.match(line) for line in lines):
        return _prose(lines)
    return "\n".join(_items(lines))


def _items(lines: list[str]) -> list[str]:
    out: list[str] = []
    for line in lines:
        item = _ITEM.match(line)
        if item:
            out.append(f"- `{item[1]}`: {text(item[2])}")
        elif line.startswith(" "):
            out.append(f"  {text(line.strip())}")
        else:
            # A blank line, or a paragraph after the list.
            out.append(text(line))
    return out


def _prose(lines: list[str]) -> str:
    """Paragraphs as they are, but for items of a list; blocks of four spaces as code."""
    out: list[str] = []
    for paragraph in "\n".join(lines).strip("\n").split("\n\n"):
        if paragraph.startswith("    "):
            block = "\n".join(line[4:] for line in paragraph.splitlines())
            out.append(f"```text\n{block}\n```")
        elif paragraph.startswith(">>>"):
            out.append(f"```python\n{paragraph}\n```")
        elif _is_list(paragraph.splitlines()):
            out.append("\n".join(_items(paragraph.splitlines())))
        else:
            out.append(text(paragraph))
    return "\n\n".join(out)


def _is_list(lines: list[str]) -> bool:
    """Whether a paragraph is ``name : meaning`` items, as the fields of a class are told."""
    starts = [line for line in lines if not line.startswith(" ")]
    return bool(starts) and all(_ITEM.match(line) for line in starts)


def _cell(cell: Any) -> str:
    if cell is None:
        return ""
    return str(cell).replace("|", "\\|").replace("\n", " ")
