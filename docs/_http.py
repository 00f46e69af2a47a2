"""What a server answers to programs: each route with its role, and the problems that there are."""

from __future__ import annotations

import inspect
from types import ModuleType

import _markdown as md

from tenuto.service._guard import Needs, guard_on
from tenuto.service._problems import KINDS
from tenuto.service._roles import ADDS
from tenuto.service.api import CATALOGUE


def page() -> str:
    """Roles, routes file by file, and problems."""
    parts = ["## Roles\n", _roles(), *map(_resource, CATALOGUE.all().values())]
    return "\n".join([*parts, "## Problems\n", _problems()])


def _roles() -> str:
    rows = [[md.code(role.word), said] for role, said in ADDS.items()]
    return md.table(["role", "may, beside all that those above may"], rows)


def _resource(member: ModuleType) -> str:
    title = (inspect.getdoc(member) or "").partition(":")[0]
    rows = [
        [md.code(method), md.code(route.path_format), _role(route), md.text(route.summary)]
        for route in member.router.routes
        for method in sorted(route.methods)
    ]
    return f"## {title}\n\n{md.table(['method', 'path', 'role', 'answer'], rows)}"


def _role(route) -> str:
    needed = [guard.role.word for guard in guard_on(route.dependant) if isinstance(guard, Needs)]
    return md.code(needed[0]) if needed else "none"


def _problems() -> str:
    rows = [[status, md.code(kind), title] for kind, (status, title) in KINDS.items()]
    rows = [[str(status), kind, title] for status, kind, title in sorted(rows)]
    return md.table(["status", "kind", "title"], rows)
