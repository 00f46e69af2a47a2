"""Forms that only our own pages can send: each carries a code of the session that asked for it.

The cookie is ``SameSite=Strict`` already; the code also holds where a browser ignores that, and
against pages of other ports of this machine, which count as the same site.
"""

from __future__ import annotations

import hmac

from starlette.requests import Request

from tenuto.service._problems import Refusal

FIELD, HEADER = "csrf", "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


async def check_form(request: Request, code: str) -> None:
    """Refuse a form without the ``code`` of its session, in the field ``csrf`` or the header.

    Raises
    ------
    Refusal : if the code is missing or another, or the browser says it comes from elsewhere
    """
    refuse_other_sites(request)
    sent = request.headers.get(HEADER) or (await request.form()).get(FIELD)
    is_text = isinstance(sent, str) and sent.isascii()
    if not is_text or not hmac.compare_digest(str(sent), code):
        raise Refusal(
            "cross-site",
            "the form does not carry the code of this session",
            mend="load the page again, then send the form again",
        )


def refuse_other_sites(request: Request) -> None:
    """Refuse what a browser says was sent by another site.

    Programs say nothing of the kind, and are let through.

    Raises
    ------
    Refusal : if ``Sec-Fetch-Site`` or ``Origin`` names another site
    """
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    ours = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if site not in ("same-origin", "none") or (origin is not None and origin != ours):
        raise Refusal("cross-site", mend="open the page of this server itself, and send from there")
