"""How a request becomes a call: permissions first, then a strict reading of ids and bodies."""

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.convertors import Convertor, register_url_convertor

from .config import HttpConfig
from .errors import ApiError

MAX_DEPTH = 24
"""Levels of brackets in a body."""
_LOCAL = {"127.0.0.1", "::1", "localhost"}


class _IdConvertor(Convertor[str]):
    """One encoded step of a path: an id may contain slashes, written `%2F`."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return unquote(value, errors="replace")

    def to_string(self, value: str) -> str:
        return quote(value, safe="")


register_url_convertor("id", _IdConvertor())


def needs(scope: str) -> dict[str, Any]:
    """What a route declares about its permission, as OpenAPI shows it."""
    return {"x-required-scope": scope, "security": [{"key": []}, {}]}


class ApiRoute(APIRoute):
    """A route that checks the caller's permission before it reads anything."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with both checks in front."""
        handle = super().get_route_handler()
        scope = (self.openapi_extra or {}).get("x-required-scope")
        takes_body = self.body_field is not None

        async def checked(request: Request) -> Response:
            if scope is not None:
                authorise(request, scope)
            if takes_body:
                _check_content_type(request)
                request = _StrictRequest(request.scope, request.receive)
            return await handle(request)

        return checked


def authorise(request: Request, scope: str) -> None:
    """Let a request pass that may do what `scope` names.

    Raises:
        ApiError: It may not.
    """
    config: HttpConfig = request.app.state.config
    if config.keys is None:
        if scope != "read":
            _check_local(request)
        return
    keys = config.keys.ring
    if scope in keys.anonymous:
        return
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    challenge = {"WWW-Authenticate": "Bearer"}
    if kind.lower() != "bearer" or not given.strip():
        raise ApiError(
            401,
            "missing_key",
            "this needs an API key",
            "send the header Authorization: Bearer KEY",
            challenge,
        )
    key = keys.of(given.strip())
    if key is None:
        raise ApiError(401, "unknown_key", "this API key is not known here", headers=challenge)
    if scope not in key.scopes:
        raise ApiError(
            403,
            "missing_scope",
            f"the key {key.name!r} has no scope {scope!r}",
            f"it has {', '.join(sorted(key.scopes)) or 'none'}",
        )


def _check_local(request: Request) -> None:
    """Without keys, only programs on this machine write: no proxies, no other sites' pages in a browser."""
    headers = request.headers
    host = _host_name(headers.get("host", ""))
    origin = headers.get("origin")
    foreign = origin is not None and origin.partition("://")[2] != headers.get("host")
    forwarded = any(name in headers for name in ("forwarded", "x-forwarded-for", "via"))
    client = request.client.host if request.client else ""
    if client not in _LOCAL or host not in _LOCAL or foreign or forwarded:
        raise ApiError(
            403,
            "local_only",
            "without API keys, only programs on the server's own machine may do this",
            "start the server with --keys FILE",
        )


def _host_name(given: str) -> str | None:
    try:
        return urlsplit(f"//{given}").hostname
    except ValueError:
        return None


def _check_content_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(
            415,
            "not_json",
            f"the body's type is {kind or 'not given':.60}",
            "send Content-Type: application/json",
        )


class _StrictRequest(Request):
    """A request whose body is JSON as the standard has it, not too deep, in text that can be stored."""

    async def json(self) -> Any:
        body = await self.body()
        try:
            value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
            _check(value, 0)
        except (ValueError, RecursionError) as error:
            what = "it nests too deeply" if isinstance(error, RecursionError) else str(error)
            raise ApiError(422, "invalid_json", f"the body is not usable JSON: {what}") from error
        return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _check(value: Any, depth: int) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is too large")
    elif isinstance(value, list | dict):
        if depth >= MAX_DEPTH:
            raise ValueError(f"it nests deeper than {MAX_DEPTH} levels")
        for item in value:
            _check(item, depth + 1)
        if isinstance(value, dict):
            for item in value.values():
                _check(item, depth + 1)


def _check_text(value: str) -> None:
    if "\0" in value:
        raise ValueError("a text contains the character NUL")
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("a text contains half a surrogate pair") from None
