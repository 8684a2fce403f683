"""Which page stands at which address, and what it is made of. Every page is one function over `pages/`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tiermem.dashboard import rendering
from tiermem.dashboard.addresses import AskedFor, address, asked, of_session
from tiermem.dashboard.guard import is_mark, mark
from tiermem.dashboard.pages import conversation, people, question
from tiermem.dashboard.texts import LANGUAGES, wanted
from tiermem.errors import StorageReadOnly, TiermemError, UnknownReference

if TYPE_CHECKING:
    from tiermem.memory import Memory
    from tiermem.settings import Scope as Conversation

Page = Callable[["Memory", AskedFor], Any]
Undo = Callable[["Memory", "Conversation", int], None]
LANGUAGE = "tiermem-language"
MOST_FORM = 10_000  # bytes
PATIENCE = 0.3  # seconds before the top of a page is sent alone
_HTML = "text/html"
_YEAR = 365 * 86_400
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="4" fill="#0b57a4"/>'
    '<rect y="6" width="11" height="4" fill="#c26a00"/><rect y="12" width="6" height="4" fill="#1a6b3c"/></svg>'
)
_PAGES: dict[str, tuple[str, Page]] = {
    "/": ("users.html", lambda m, a: people.users(m, a.text("begins"), a.text("start"))),
    "/costs": ("costs.html", lambda m, a: people.costs(m, a.text("price"))),
    "/user": (
        "sessions.html",
        lambda m, a: people.sessions(m, a.namespace, a.text("begins"), a.number("before"), a.text("words").strip()),
    ),
    "/facts": ("facts.html", lambda m, a: people.facts(m, a.namespace)),
    "/profile": ("profile.html", lambda m, a: people.profile(m, a.namespace)),
    "/documents": (
        "documents.html",
        lambda m, a: people.documents(m, a.namespace, a.number("start"), a.text("source"), a.number("chunk")),
    ),
    "/session": ("window.html", lambda m, a: conversation.window(m, a.scope, a.number("after"))),
    "/messages": ("messages.html", lambda m, a: conversation.messages(m, a.scope, a.number("first"))),
    "/message": ("message.html", lambda m, a: conversation.message(m, a.scope, a.text("ref"))),
    "/decisions": ("decisions.html", lambda m, a: conversation.decisions(m, a.scope, a.number("before"))),
    "/dropped": ("dropped.html", lambda m, a: conversation.dropped(m, a.scope, a.number("since"))),
    "/ask": (
        "ask.html",
        lambda m, a: question.ask(m, a.scope, a.text("q"), a.number("budget"), a.text("within")),
    ),
    "/quality": ("quality.html", lambda m, a: conversation.quality(m, a.scope)),
    "/session-costs": ("session_costs.html", lambda m, a: conversation.costs(m, a.scope)),
}


def screen(memory: Memory, token: str, *, write: bool) -> Starlette:
    """The pages on *memory*; with *write* decisions can be undone by who has a mark of *token* (`guard.mark`)."""
    made = _Pages(memory, token, write=write)
    routes = [Route(path, made.page(*page)) for path, page in _PAGES.items()]
    routes += [
        Route("/undo", made.undoing(conversation.undo, "/decisions"), methods=["POST"]),
        Route("/undo-profile", made.undoing(people.undo, "/profile"), methods=["POST"]),
        Route("/style.css", made.file(rendering.style(), "text/css")),
        Route("/icon.svg", made.file(_ICON, "image/svg+xml")),
    ]
    return Starlette(routes=routes)


class _Pages:
    def __init__(self, memory: Memory, token: str, *, write: bool) -> None:
        self._memory = memory
        self._token = token
        self._write = write
        self._render = rendering.pages()

    def page(self, template: str, made: Page) -> Callable[[Request], Any]:
        """What answers a request for the page *made*; it reads in a thread."""

        def whole(request: Request) -> Response:
            wish = asked(request.scope["query_string"])
            try:
                return self._answer(request, template, page=made(self._memory, wish), most=rendering.WHOLE)
            except TiermemError as error:
                return self._failed(request, error)

        async def answer(request: Request) -> Response:
            making = asyncio.ensure_future(run_in_threadpool(whole, request))
            try:
                return await asyncio.wait_for(asyncio.shield(making), PATIENCE)
            except TimeoutError:
                return self._with_language(request, StreamingResponse(self._late(request, making), media_type=_HTML))

        return answer

    async def _late(self, request: Request, making: Awaitable[Response]) -> AsyncIterator[str]:
        """The top of a page at once, so that it is seen that something comes; the rest once it is made."""
        top = self._render("waiting.html", self._language(request), here=_here(request), write=self._write)
        yield top.partition("<main")[0]
        yield bytes((await making).body).decode().partition("</header>")[2]

    def undoing(self, undo: Undo, shown: str) -> Callable[[Request], Any]:
        """What takes a decision back by *undo*, and shows the page at the address *shown*."""

        async def answer(request: Request) -> Response:
            body = b""
            async for part in request.stream():
                body += part
                if len(body) > MOST_FORM:
                    return HTMLResponse("too long", 413)
            return await run_in_threadpool(self._undo, request, body, undo, shown)

        return answer

    def _undo(self, request: Request, body: bytes, undo: Undo, shown: str) -> Response:
        try:
            wish = asked(body)
            if not self._write:
                raise StorageReadOnly("the screen only reads; `tiermem dashboard --write` lets decisions be undone")
            if not is_mark(wish.text("mark"), self._token):
                return HTMLResponse("that form is none of these pages", 403)
            undo(self._memory, wish.scope, _decision(wish))
        except ValueError:
            return HTMLResponse("that is no form of these pages", 400)
        except TiermemError as error:
            return self._failed(request, error)
        return RedirectResponse(address(shown, **of_session(wish.scope)), 303)

    @staticmethod
    def file(text: str, kind: str) -> Callable[[Request], Any]:
        """What answers with a file of ours."""

        async def answer(_: Request) -> Response:
            return Response(text, media_type=kind)

        return answer

    def _failed(self, request: Request, error: TiermemError) -> Response:
        status = 404 if isinstance(error, UnknownReference) else 403 if isinstance(error, StorageReadOnly) else 400
        return self._answer(request, "error.html", status, words=str(error))

    def _answer(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        language, marked = self._language(request), mark(self._token)
        text = self._render(template, language, here=_here(request), write=self._write, mark=marked, **values)
        return self._with_language(request, HTMLResponse(text, status))

    @staticmethod
    def _language(request: Request) -> str:
        chosen = asked(request.scope["query_string"]).text("lang")
        language = chosen if chosen in LANGUAGES else request.cookies.get(LANGUAGE, "")
        return language if language in LANGUAGES else wanted(request.headers.get("accept-language", ""))

    @staticmethod
    def _with_language(request: Request, answer: Response) -> Response:
        """*answer*, which has the browser keep a language that was chosen."""
        chosen = asked(request.scope["query_string"]).text("lang")
        if chosen in LANGUAGES:
            answer.set_cookie(LANGUAGE, chosen, max_age=_YEAR, httponly=True, samesite="strict")
        return answer


def _decision(wish: AskedFor) -> int:
    """The number of a decision that a form names.

    Raises:
        ValueError: it names none.
    """
    if not (number := wish.number("number")):
        raise ValueError("no decision")
    return number


def _here(request: Request) -> str:
    """The address that was asked for, without a language."""
    values = dict(asked(request.scope["query_string"]).values)
    values.pop("lang", None)
    return address(request.url.path, **values)
