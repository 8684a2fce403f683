"""Who is answered: a browser on this machine that has the token. Everybody else is told no more than that.

Rule 1: the host that a request names is this machine's, else a page of a stranger could reach us by a name of its own
that leads here (DNS rebinding).
Rule 2: the token comes once, in the address; from then on a cookie has it, which no script reads and no other site's
page sends. It is compared in constant time.
Rule 3: what writes comes from a form of ours: from our own origin, with a mark that only our pages know.
"""

from __future__ import annotations

import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from tiermem.dashboard.addresses import address, asked

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = "127.0.0.1"
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",  # with none, browsers say no origin of a form either
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
MOST_QUESTION = 20_000  # characters
MOST_QUERY = 12 * MOST_QUESTION + 10_000  # bytes: no character takes more in an address
_TOKEN = "token"  # noqa: S105  # the name by which an address has it


class Guard:
    """*app*, asked only by who has *token* and calls us by our own name at *port*."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
        self._cookie = f"tiermem-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":  # no page speaks otherwise
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = self._refusal(scope, headers)
        if answer is None and len(scope["query_string"]) > MOST_QUERY:
            answer = PlainTextResponse(f"too long a question: {MOST_QUESTION:,} characters are asked at most", 414)
        await (answer or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        """What is answered in place of a page; None where the page may be."""
        if headers.get("host", "").lower() not in self._hosts:
            return PlainTextResponse("this is no name of this server", 421)
        try:
            query = asked(scope["query_string"])
        except ValueError:
            return PlainTextResponse("that is no address of a page", 400)
        if self._known(query.text(_TOKEN)):
            return self._welcome(scope["path"], dict(query.values))
        if not self._known(self._kept(headers)):
            return PlainTextResponse("open the address that `tiermem dashboard` printed", 403)
        if scope["method"] not in {"GET", "HEAD"} and headers.get("origin", "") not in {
            f"http://{h}" for h in self._hosts
        }:
            return PlainTextResponse("that came from another page", 403)
        return None

    def _known(self, token: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self._token)

    def _kept(self, headers: dict[str, str]) -> str:
        try:
            kept = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return ""
        return kept.value if kept else ""

    def _welcome(self, path: str, values: dict[str, str]) -> Response:
        """To the same page, with the token in a cookie and no more in the address."""
        del values[_TOKEN]
        answer = RedirectResponse(address(path if path.startswith("/") and path[1:2] != "/" else "/", **values), 303)
        answer.set_cookie(self._cookie, self._token.decode(), httponly=True, samesite="strict", path="/")
        return answer


def mark(token: str) -> str:
    """What a form of ours says, so that it is known as ours."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def is_mark(given: str, token: str) -> bool:
    """Whether a form said what `mark` gives."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), mark(token).encode())


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", ()), *own]}
        await send(message)

    return sent
