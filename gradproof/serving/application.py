"""The web application: the page, the calls of the API, and who is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from derivations.errors import InternalError, UsageError
from gradproof import __version__
from gradproof.rendering.katex import VERSION
from gradproof.serving.bodies import body_of, while_connected
from gradproof.serving.calls import CALLS, Call
from gradproof.serving.desk import Desk
from gradproof.serving.examples import examples
from gradproof.serving.limits import Limits, Rates, RefusedError
from gradproof.serving.openapi import document

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Sent with every answer. The page needs neither inline scripts nor inline styles, and builds no HTML from text."""


@dataclass(frozen=True, slots=True)
class Service:
    """How to serve: how many processes, the limits, the hosts by which it may be called, where sheets are kept."""

    processes: int = 4
    limits: Limits = field(default_factory=Limits)
    hosts: tuple[str, ...] = ("*",)
    keep: Path | None = None

    def application(self) -> Starlette:
        """The ASGI application; its processes live from its start to its end."""
        return Starlette(
            routes=_routes(self),
            middleware=[Middleware(WithHeaders), Middleware(TrustedHostMiddleware, allowed_hosts=list(self.hosts))],
            exception_handlers={HTTPException: _http_error, RefusedError: _refused, Exception: _fault},
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, application: Starlette) -> AsyncIterator[None]:
        application.state.desk = Desk(self.processes, self.limits)
        application.state.rates = Rates(self.limits)
        try:
            yield
        finally:
            application.state.desk.close()


class WithHeaders:
    """Puts HEADERS on every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                cached = any(name == b"cache-control" for name, _ in message["headers"])
                fresh = b"no-cache" if scope["path"].startswith(("/page/", "/katex/")) else b"no-store"
                found += [] if cached else [(b"cache-control", fresh)]
                message = {**message, "headers": [*message["headers"], *found]}
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)


def _routes(service: Service) -> list[BaseRoute]:
    package = Path(str(files("gradproof")))
    page = package / "serving" / "page"
    return [
        Route("/", _page(page / "index.html")),
        Route("/health", _health),
        Route("/openapi.json", _of(lambda _: document(service.limits))),
        Route("/api/examples", _of(lambda _: examples())),
        Route("/api/explain", _of(lambda _: _slips())),
        Route("/api/explain/{code}", _explain),
        *(Route(f"/api/{name}", _answering(service, name, call), methods=["POST"]) for name, call in CALLS.items()),
        Mount("/page", StaticFiles(directory=page)),
        Mount("/katex", StaticFiles(directory=package / "vendor" / f"katex-{VERSION}")),
    ]


def _page(path: Path) -> Callable[[Request], Awaitable[Response]]:
    async def page(_: Request) -> Response:
        return Response(path.read_bytes(), media_type="text/html; charset=utf-8")

    return page


def _of(find: Callable[[Request], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return JSONResponse(find(request))

    return answer


async def _health(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    found = {"status": "ok", "version": __version__, "processes": desk.processes, "waiting": desk.waiting}
    return JSONResponse(found)


def _slips() -> list[dict[str, str]]:
    from derivations.slips import TABLE

    return [slip.to_json() for slip in TABLE]


async def _explain(request: Request) -> Response:
    from derivations.slips import slip_named

    try:
        return JSONResponse(slip_named(request.path_params["code"]).to_json())
    except UsageError as error:
        raise RefusedError(404, "no-such-code", str(error)) from error


def _answering(service: Service, name: str, call: Call) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        client = request.client.host if request.client is not None else ""
        request.app.state.rates.take(client)
        body = await body_of(request, service.limits, call.fields)
        own = {"session": f"{client}|{body['session']}"} if body.get("session") else {}  # nobody else's
        try:
            payload = call.payload({**body, **own})
            work = request.app.state.desk.run(call.function, payload, client, own.get("session", ""))
            found = await while_connected(request, work)
        except UsageError as error:
            raise RefusedError(422, "unusable", str(error)) from error
        except InternalError as error:
            raise RefusedError(
                500, "fault", f"this is a fault of gradproof itself, please report it: {error}"
            ) from error
        if service.keep is not None:
            _keep(service.keep, name, body, found)
        return call.answer(found, body)

    return answer


def _keep(folder: Path, name: str, body: Mapping[str, Any], found: Any) -> None:
    """Keep what was sent and answered, in a file that is named by its content; the same twice is one file."""
    data = json.dumps({"call": name, "sent": body, "answered": found}, ensure_ascii=False, indent=2, sort_keys=True)
    digest = sha256(data.encode("utf-8")).hexdigest()[:32]
    (folder / f"{name}-{digest}.json").write_text(data, encoding="utf-8")


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, RefusedError):
        raise error
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return JSONResponse(error.to_json(), error.status, headers)


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    said = {404: "there is nothing here", 405: f"{request.method} is not for this"}.get(error.status_code, error.detail)
    refused = RefusedError(error.status_code, f"http-{error.status_code}", said)
    return JSONResponse(refused.to_json(), error.status_code, error.headers)


async def _fault(_: Request, error: Exception) -> Response:
    message = f"this is a fault of gradproof itself, please report it: {type(error).__name__}"
    return JSONResponse(RefusedError(500, "fault", message).to_json(), 500)
