"""The routes: what is looked at, and what is done through the port for changes."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
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
from watcher.userfiles.loans import LOAN_KEYS
from watcher.userfiles.problems import render
from watcher.web.case import case_view
from watcher.web.inbox import inbox_of
from watcher.web.loans import loan_story, loans_view
from watcher.web.rendering import Rendering
from watcher.web.sessions import ENTRY, Sessions
from watcher.web.site import Site
from watcher.web.sources import sources_of

SNOOZE_DAYS: Final = (1, 3, 7)
LONGEST_NOTE: Final = 500
_NUMBER_DIGITS: Final = 15
_FILES: Final = {"style.css": "text/css", "icon.svg": "image/svg+xml"}

Form = Mapping[str, str]


class Pages:
    """Answers requests that the guard let through; each runs in a thread of its own."""

    def __init__(self, site: Site, rendering: Rendering, sessions: Sessions, cookie: str) -> None:
        self.site = site
        self.rendering = rendering
        self.sessions = sessions
        self.cookie = cookie

    def inbox(self, request: Request) -> Response:
        """Show the cases of a status."""
        asked = request.query_params.get("status", CaseStatus.OPEN.value)
        status = CaseStatus(asked) if asked in set(CaseStatus) else CaseStatus.OPEN
        page = _number(request.query_params.get("page", "1")) or 1
        return self._show(request, "inbox", view=inbox_of(self.site, status, page))

    def case(self, request: Request, failure: str | None = None) -> Response:
        """Show one case."""
        number = _number(request.path_params["number"])
        with self.site.store() as store:
            view = case_view(self.site, store, number) if store and number else None
        if view is None:
            return self._missing(request)
        return self._show(request, "case", view=view, failure=failure)

    def loans(self, request: Request, failure: str | None = None) -> Response:
        """Show the ledger."""
        view = loans_view(self.site, request.scope.get("form", {}))
        return self._show(request, "loans", view=view, failure=failure)

    def loan(self, request: Request, failure: str | None = None) -> Response:
        """Show one loan with its story."""
        story = loan_story(self.site, request.path_params["loan"])
        if story is None:
            return self._missing(request)
        return self._show(request, "loan", story=story, failure=failure)

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
        number, deed = _number(request.path_params["number"]), request.path_params["deed"]
        deeds: Mapping[str, Callable[[int, Form], str]] = {
            "done": self._done,
            "snooze": self._snooze,
            "reopen": self._reopen,
            "tick": self._tick,
            "choose": self._choose,
            "wrong": self._wrong,
        }
        if not number or deed not in deeds:
            return self._missing(request)
        try:
            place = deeds[deed](number, request.scope["form"])
        except WatcherError as refused:
            return self.case(request, self._why(refused))
        return RedirectResponse(place, 303)

    def work_on_loans(self, request: Request) -> Response:
        """Do one thing to the ledger, and show it."""
        deed, form = request.path_params["deed"], request.scope["form"]
        loan, changes = form.get("loan", ""), self.site.changes
        try:
            match deed:
                case "add":
                    changes.add_loan({key: form[key] for key in LOAN_KEYS if form.get(key)})
                case "settle":
                    changes.settle_loan(loan, _day(form.get("on", "")))
                case "reopen":
                    changes.reopen_loan(loan)
                case "confirm":
                    changes.confirm(form.get("proposal", ""))
                case _:
                    return self._missing(request)
        except WatcherError as refused:
            return self.loans(request, self._why(refused))
        known = deed in ("settle", "reopen") and loan in self.site.loans().ledger.by_id
        return RedirectResponse(f"/loan/{quote(loan, safe='')}" if known else "/loans", 303)

    def _done(self, case: int, _form: Form) -> str:
        self.site.changes.done(case)
        return "/"

    def _snooze(self, case: int, form: Form) -> str:
        days = _number(form.get("days", ""))
        if days not in SNOOZE_DAYS:
            raise UserError("web.form.days")
        self.site.changes.snooze(case, self.site.clock.now() + timedelta(days=days))
        return "/"

    def _reopen(self, case: int, _form: Form) -> str:
        self.site.changes.reopen(case)
        return f"/cases/{case}"

    def _tick(self, case: int, form: Form) -> str:
        checklist, step = form.get("checklist", ""), form.get("step", "")
        note = _short(form.get("note", ""))
        self.site.changes.tick(case, checklist, step, done=form.get("done") == "1", note=note)
        anchor = form.get("anchor", "")
        return f"/cases/{case}#{quote(anchor)}"

    def _choose(self, case: int, form: Form) -> str:
        checklist = form.get("checklist", "")
        self.site.changes.choose(case, checklist, chosen=form.get("chosen") == "1")
        return f"/cases/{case}#todo"

    def _wrong(self, case: int, form: Form) -> str:
        text = None if form.get("back") == "1" else _short(form.get("text", ""))
        self.site.changes.mark_wrong(case, text)
        return f"/cases/{case}#wrong"

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

    def answer(self, look: Callable[[Request], Response], request: Request) -> Response:
        """Answer a request; what cannot be read now is said in words."""
        try:
            return look(request)
        except WatcherError as failure:
            return self._show(request, "message", 503, message=self._why(failure))


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
            route("/cases/{number}", pages.case),
            route("/cases/{number}/{deed}", pages.work_on_case, "POST"),
            route("/loans", pages.loans),
            route("/loans/{deed}", pages.work_on_loans, "POST"),
            route("/loan/{loan:path}", pages.loan),
            route("/sources", pages.sources),
            route("/rules", pages.rules),
            route("/{anything:path}", pages.nowhere),
        ],
    )


def _number(text: str) -> int:
    """Return a number as it stands in an address; 0 for anything else."""
    sound = text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS
    return int(text) if sound else 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError("cli.usage.no_day") from None


def _short(text: str) -> str:
    if len(text) > LONGEST_NOTE:
        raise UserError("web.form.long", {"limit": LONGEST_NOTE})
    return text.strip()
