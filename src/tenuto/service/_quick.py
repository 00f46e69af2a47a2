"""Routes that are asked a thousand times a second: the same answers, with less on the way.

Of a request to such a route, the framework's own reading of parameters takes longer than the
answer. Here a route reads its path and one model of its query by itself; what it declares stays
in the document, and is checked as before.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, get_args, get_type_hints

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from tenuto.service._guard import AskedFirst, Needs, guard_on
from tenuto.service._problems import Refusal, where_and_why

#: As `UserId` and `ItemId` of the API have it.
MAX_ID = 200


class Quick(AskedFirst):
    """A route whose endpoint takes the request, ids from the path, and at most one model.

    Any other endpoint is handled as usual.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint = self.endpoint
        guards = [guard for guard in guard_on(self.dependant) if isinstance(guard, Needs)]
        model = _model_of(endpoint, set(self.param_convertors))
        if not inspect.iscoroutinefunction(endpoint) or model is None:
            return super().get_route_handler()
        name, kind = model

        async def handle(request: Request) -> Response:
            for guard in guards:
                guard.admit(request)
            values = _ids(request)
            if kind is not None:
                values[name] = _read(kind, request)
            answer: Response = await endpoint(request=request, **values)
            return answer

        return handle


def _model_of(endpoint: Any, path: set[str]) -> tuple[str, type[BaseModel] | None] | None:
    """The parameter that is a model of the query; None where there are parameters beside it."""
    hints = get_type_hints(endpoint, include_extras=True)
    rest = {name: hint for name, hint in hints.items() if name not in path | {"request", "return"}}
    if "request" not in hints:
        return None
    if not rest:
        return "", None
    name, hint = rest.popitem()
    kind = next(iter(get_args(hint)), None)
    is_model = isinstance(kind, type) and issubclass(kind, BaseModel) and not rest
    return (name, kind) if is_model else None


def _ids(request: Request) -> dict[str, Any]:
    values = dict(request.path_params)
    errors = [
        {"where": f"path.{name}", "why": f"an id has at most {MAX_ID} signs"}
        for name, value in values.items()
        if len(value) > MAX_ID
    ]
    if errors:
        raise Refusal("not-valid", errors=errors)
    return values


def _read(kind: type[BaseModel], request: Request) -> BaseModel:
    try:
        return kind.model_validate(dict(request.query_params))
    except ValidationError as failure:
        errors = where_and_why(failure.errors(include_url=False), "query")
        raise Refusal("not-valid", errors=errors) from None
