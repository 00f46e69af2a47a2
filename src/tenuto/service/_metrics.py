"""What the server does, for Prometheus: how many requests, how long, how many at once.

Labels hold the pattern of a route, never an id: no listener is named here.
"""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tenuto.service._problems import Refusal

#: Where several workers of one server put their figures together; read by the library.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0)


class Figures:
    """The figures of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route")
        self.requests = Counter(
            "tenuto_requests",
            "Requests answered.",
            (*labels, "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "tenuto_request_seconds",
            "Seconds until an answer was complete.",
            labels,
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.at_once = Gauge(
            "tenuto_requests_at_once",
            "Requests that are being answered.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        # Looking up a set of labels costs as much as counting; there are few sets.
        self._counted = cache(self.requests.labels)
        self._timed = cache(self.seconds.labels)

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._counted(method, route, str(status)).inc()
        self._timed(method, route).observe(seconds)

    def page(self) -> bytes:
        """Everything in the text format of Prometheus."""
        if not os.environ.get(SHARED):
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)
        return generate_latest(together)


class Measure:
    """Count and time every answer; turn away what comes while ``max_at_once`` are being answered.

    Health is always answered: a server that is busy is alive.
    """

    def __init__(self, app: ASGIApp, figures: Figures, max_at_once: int):
        self.app, self.figures, self.max_at_once = app, figures, max_at_once
        self._n = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._n += 1
        self.figures.at_once.set(self._n)
        try:
            await self._chosen(scope)(scope, receive, watch)
        finally:
            self._n -= 1
            self.figures.at_once.set(self._n)
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.figures.add(method, route, status, time.perf_counter() - began)

    def _chosen(self, scope: Scope) -> Any:
        if self._n <= self.max_at_once or scope["path"].startswith("/api/v1/health/"):
            return self.app
        return Refusal("busy", mend="try again", headers={"Retry-After": "1"}).answer()


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
