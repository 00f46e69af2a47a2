"""Requests that come through: with the token, again after a stop, and problems as errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx

from tenuto.errors import SettingsError, TenutoError

_AGAIN = frozenset({429, 502, 503, 504})
_LONGEST_WAIT_S = 30.0


class ServiceError(TenutoError):
    """The server did not do what was asked.

    ``status`` is that of HTTP, ``kind`` the problem's, such as "role"; None where the server
    could not be reached.
    """

    def __init__(
        self,
        message: str,
        mend: str | None = None,
        *,
        status: int | None = None,
        kind: str | None = None,
    ):
        super().__init__(message, mend)
        self.status, self.kind = status, kind


class Transport:
    """Sends requests to one server.

    Parameters
    ----------
    retries : how often a request that may be repeated is sent again
    sleep : waits so many seconds
    """

    def __init__(
        self, http: httpx.Client, retries: int, sleep: Callable[[float], None] = time.sleep
    ):
        self._http, self._retries, self._sleep = http, retries, sleep

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        may_repeat: bool = True,
    ) -> bytes:
        """The body of the answer.

        Raises
        ------
        ServiceError : if the server refuses, or cannot be reached
        """
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        for attempt in range(self._retries + 1 if may_repeat else 1):
            is_last = attempt == self._retries or not may_repeat
            try:
                answer = self._http.request(
                    method, path, params=asked, json=body, headers=headers or {}
                )
            except httpx.TransportError as failure:
                if is_last:
                    raise _unreachable(self._http.base_url, failure) from failure
                self._sleep(_wait_s(attempt))
                continue
            if answer.is_success:
                return answer.content
            if is_last or answer.status_code not in _AGAIN:
                raise _refused(answer)
            self._sleep(_wait_s(attempt, answer.headers.get("retry-after")))
        raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        self._http.close()


def opened(address: str, token: str, timeout_s: float, allow_http: bool) -> httpx.Client:
    """A connection to the server at ``address``.

    Raises
    ------
    SettingsError : if the token would travel readable for others
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and not allow_http and not _is_here(parts.hostname or ""):
        raise SettingsError(
            f"{parts.scheme}://{parts.hostname} would send the token readable for others",
            mend="use https, or allow_http=True in a network of your own",
        )
    headers = {"Authorization": f"Bearer {token}"}
    # No redirects: a token is for the server that it was given for.
    return httpx.Client(
        base_url=address, headers=headers, timeout=timeout_s, follow_redirects=False
    )


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _wait_s(attempt: int, asked_for: str | None = None) -> float:
    if asked_for and asked_for.isdigit():
        return min(float(asked_for), _LONGEST_WAIT_S)
    return min(0.2 * 2.0**attempt, _LONGEST_WAIT_S)


def _refused(answer: httpx.Response) -> ServiceError:
    try:
        said = answer.json()
        title = said["title"]
    except (ValueError, KeyError, TypeError):
        return ServiceError(
            f"{answer.request.url.host} answered {answer.status_code}",
            "check that the address is that of `tenuto serve`",
            status=answer.status_code,
        )
    why = [said.get("detail"), *(f"{e['where']}: {e['why']}" for e in said.get("errors") or [])]
    details = "; ".join(part for part in why if part)
    return ServiceError(
        f"{title}: {details}" if details else title,
        said.get("mend"),
        status=answer.status_code,
        kind=str(said.get("type", "")).rpartition(":")[2],
    )


def _unreachable(address: httpx.URL, failure: httpx.TransportError) -> ServiceError:
    return ServiceError(
        f"{address} does not answer: {failure}", "check the address, and that `tenuto serve` runs"
    )
