"""The routes: what is looked at, and what is done through the port for changes."""

from collections.abc import Callable
from functools import partial
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from watcher.errors import UserError, WatcherError
from watcher.store import CaseStatus
from watcher.userfiles.problems import render
from watcher.web.case import case_view
from watcher.web.dates import all_dates, calendar_file
from watcher.web.deeds import Deeds, number
from watcher.web.evidence import pack_of, to_be_saved
from watcher.web.guard import UPLOAD
from watcher.web.inbox import inbox_of
from watcher.web.letters import as_file, letter_view
from watcher.web.loans import keep_proof, loan_view, loans_view
from watcher.web.rendering import Rendering
from watcher.web.sessions import ENTRY, Sessions
from watcher.web.site import Site
from watcher.web.sources import sources_of

_FILES: Final = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
_LETTER_FILES: Final = {"html": "text/html", "txt": "text/plain"}


class Pages:
    """Answers requests that the guard let through; each runs in a thread of its own."""

    def __init__(self, site: Site, rendering: Rendering, sessions: Sessions, cookie: str) -> None:
        self.site = site
        self.rendering = rendering
        self.sessions = sessions
        self.cookie = cookie
        self.deeds = Deeds(site)

    def inbox(self, request: Request, failure: str | None = None) -> Response:
        """Show the cases of a status."""
        asked = request.query_params.get("status", CaseStatus.OPEN.value)
        status = CaseStatus(asked) if asked in set(CaseStatus) else CaseStatus.OPEN
        page = number(request.query_params.get("page", "1")) or 1
        return self._show(request, "inbox", view=inbox_of(self.site, status, page), failure=failure)

    def case(self, request: Request, failure: str | None = None) -> Response:
        """Show one case."""
        asked = number(request.path_params["number"])
        with self.site.store() as store:
            view = case_view(self.site, store, asked) if store and asked else None
        if view is None:
            return self._missing(request)
        return self._show(request, "case", view=view, failure=failure)

    def letter(self, request: Request) -> Response:
        """Show a letter for a case, or send it as a file."""
        asked = number(request.path_params["number"])
        name, dot, ending = request.path_params["letter"].partition(".")
        with self.site.store() as store:
            view = letter_view(self.site, store, asked, name) if store and asked else None
        if view is None or (dot and ending not in _LETTER_FILES):
            return self._missing(request)
        if not dot:
            return self._show(request, "letter", view=view)
        called = f"loan-watcher-case-{asked}-{view.draft.id}.{ending}"
        body = as_file(view, ending, self.site.phrases)
        return Response(
            body.encode("utf-8", "replace"),
            media_type=_LETTER_FILES[ending],
            headers=to_be_saved(called),
        )

    def evidence(self, request: Request) -> Response:
        """Send the evidence pack of a case."""
        return pack_of(self.site, number(request.path_params["number"])) or self._missing(request)

    def dates(self, request: Request) -> Response:
        """Show every date."""
        return self._show(request, "dates", lines=all_dates(self.site))

    def calendar(self, request: Request) -> Response:
        """Send the dates to come for a calendar."""
        details = request.query_params.get("details") == "1"
        body = calendar_file(self.site, details=details)
        headers = to_be_saved("loan-watcher.ics")
        return Response(body, media_type="text/calendar", headers=headers)

    def loans(self, request: Request, failure: str | None = None) -> Response:
        """Show the ledger."""
        view = loans_view(self.site, request.scope.get("form", {}))
        return self._show(request, "loans", view=view, failure=failure)

    def loan(self, request: Request) -> Response:
        """Show one loan with its story and its proofs."""
        return self._loan(request, request.path_params["loan"])

    def sources(self, request: Request) -> Response:
        """Show what is watched."""
        return self._show(request, "sources", view=sources_of(self.site))

    def rules(self, request: Request) -> Response:
        """Show the rules with their mistakes."""
        return self._show(request, "rules", book=self.site.shelf.book)

    def nowhere(self, request: Request) -> Response:
        """Say that there is no such page."""
        return self._missing(request)

    def file(self, name: str, _request: Request) -> Response:
        """Send the style sheet or the icon."""
        body = files("watcher.web").joinpath(name).read_bytes()
        return Response(body, media_type=_FILES[name])

    def enter(self, request: Request) -> Response:
        """Swap a one-time token for a cookie, and go on to the page it was issued for."""
        entered = self.sessions.enter(request.query_params.get("token", ""))
        if entered is None:
            return Response(self.rendering.closed(), 403, media_type="text/html")
        session, path = entered
        response = Response(self.rendering.entered(path), media_type="text/html")
        # Not a redirect: Chromium sends a Strict cookie only on a request of our own page's.
        response.set_cookie(self.cookie, session.cookie, httponly=True, samesite="strict")
        return response

    def work_on_case(self, request: Request) -> Response:
        """Do one thing to a case, and show it again where it was done."""
        case, deed = number(request.path_params["number"]), request.path_params["deed"]
        try:
            place = self.deeds.on_case(case, deed, request.scope["form"])
        except WatcherError as refused:
            return self.case(request, self._why(refused))
        return self._go(request, place)

    def work_on_loans(self, request: Request) -> Response:
        """Do one thing to the ledger, and show it."""
        try:
            place = self.deeds.on_loans(request.path_params["deed"], request.scope["form"])
        except WatcherError as refused:
            return self.loans(request, self._why(refused))
        return self._go(request, place)

    def heed(self, request: Request) -> Response:
        """Take in what the program said of itself."""
        try:
            place = self.deeds.heed(number(request.path_params["number"]))
        except WatcherError as refused:
            return self.inbox(request, self._why(refused))
        return self._go(request, place)

    def take_proof(self, request: Request) -> Response:
        """Keep a file as proof for a loan."""
        loan = request.scope["form"].get("loan", "")
        try:
            keep_proof(self.site, loan, request.scope["upload"])
        except WatcherError as refused:
            return self._loan(request, loan, self._why(refused))
        return self._go(request, f"/loan/{quote(loan, safe='')}#proofs")

    def answer(self, look: Callable[[Request], Response], request: Request) -> Response:
        """Answer a request; what cannot be read now is said in words."""
        try:
            return look(request)
        except WatcherError as failure:
            return self._show(request, "message", 503, message=self._why(failure))

    def _loan(self, request: Request, loan: str, failure: str | None = None) -> Response:
        view = loan_view(self.site, loan)
        if view is None:
            return self._missing(request)
        return self._show(request, "loan", view=view, failure=failure)

    def _go(self, request: Request, place: str | None) -> Response:
        return self._missing(request) if place is None else RedirectResponse(place, 303)

    def _why(self, refused: WatcherError) -> str:
        phrases = self.site.phrases
        problems = refused.problems if isinstance(refused, UserError) else ()
        lines = [render(problem, phrases) for problem in problems]
        return "\n".join([phrases.say(refused.says, refused.values), *lines])

    def _missing(self, request: Request) -> Response:
        return self._show(request, "message", 404, message=self.site.say("web.missing"))

    def _show(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        if values.get("failure"):
            status = 422
        csrf = request.scope["session"].csrf
        body = self.rendering.page(template, csrf=csrf, path=request.url.path, **values)
        return Response(body, status, media_type="text/html")


def make_app(pages: Pages) -> Starlette:
    """Return the routes as an application, without the guard."""

    def route(path: str, look: Callable[[Request], Response], method: str = "GET") -> Route:
        async def serve(request: Request) -> Response:
            return await run_in_threadpool(pages.answer, look, request)

        return Route(path, serve, methods=[method])

    return Starlette(
        routes=[
            route(ENTRY, pages.enter),
            *(route(f"/{name}", partial(pages.file, name)) for name in _FILES),
            route("/", pages.inbox),
            route("/alerts/{number}/heed", pages.heed, "POST"),
            route("/cases/{number}", pages.case),
            route("/cases/{number}/evidence.zip", pages.evidence),
            route("/cases/{number}/letters/{letter}", pages.letter),
            route("/cases/{number}/{deed}", pages.work_on_case, "POST"),
            route("/dates", pages.dates),
            route("/dates.ics", pages.calendar),
            route("/loans", pages.loans),
            route(UPLOAD, pages.take_proof, "POST"),
            route("/loans/{deed}", pages.work_on_loans, "POST"),
            route("/loan/{loan:path}", pages.loan),
            route("/sources", pages.sources),
            route("/rules", pages.rules),
            route("/{anything:path}", pages.nowhere),
        ],
    )
