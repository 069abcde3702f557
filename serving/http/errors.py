"""The one error shape: `{"error": {"code": …, "message": …, "hint": …}}`, for everything that goes wrong.

400  bad_request (what is no HTTP)
401  missing_key, unknown_key
403  missing_scope, local_only
404  unknown_product, unknown_user, unknown_brand, …, not_found
405  method_not_allowed
408  slow_body, slow_headers
409  read_only, reload_running
413  body_too_large
414  url_too_long
415  not_json
422  invalid_input, invalid_json, refused_statement, query_timeout, query_too_large, bad_run
500  internal_error (a bug; it is logged)
503  not_ready, overloaded
504  timeout
"""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from ...data import CartographError, RunError, StoreError, UnknownIdError, UnknownUserError
from ...kg.reader import QueryTimeoutError, QueryTooLargeError
from .json_response import Json

log = logging.getLogger("cartograph.http")


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str = Field(description="A stable name for programs.", examples=["unknown_product"])
    message: str = Field(
        description="A sentence for people.", examples=["no product 'b7' in the index; give an id of it"]
    )
    hint: str | None = Field(default=None, description="What to do about it.")


class ErrorBody(BaseModel):
    """The shape of every error."""

    error: ErrorDetail


class ApiError(HTTPException):
    """An error with its status and code."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, dict(headers or {}))
        self.code = code
        self.hint = hint

    def response(self) -> Response:
        """The error as an answer."""
        content = {"code": self.code, "message": printable(self.detail)}
        if self.hint is not None:
            content["hint"] = self.hint
        return Json({"error": content}, self.status_code, self.headers)


def printable(message: str) -> str:
    """A message that can be sent as UTF-8, whatever it quotes."""
    return message.encode("utf-8", "backslashreplace").decode("utf-8")


_BY_STATUS = {
    404: ("not_found", "there is nothing at this address", "GET /openapi.json lists what there is"),
    405: ("method_not_allowed", "this address does not answer that method", None),
}


def install_error_handlers(app: FastAPI) -> None:
    """Make every exception of an endpoint an answer in the one shape."""
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(CartographError, _cartograph_error)
    app.add_exception_handler(ValueError, _value_error)
    app.add_exception_handler(Exception, _bug)


async def _validation_error(request: Request, error: Exception) -> Response:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    return ApiError(422, "invalid_input", "; ".join(map(_sentence, problems[:3]))).response()


def _sentence(problem: Mapping[str, Any]) -> str:
    """Where and what, from one problem that pydantic reports.

    >>> _sentence({"loc": ("query", "k"), "msg": "Input should be greater than 0", "input": "-1"})
    "query k: Input should be greater than 0, not '-1'"
    """
    where = " ".join(str(step) for step in problem["loc"])
    given = problem.get("input")
    shown = f", not {given!r:.60}" if isinstance(given, str | int | float) else ""
    what = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {what}{shown}"


async def _http_exception(request: Request, error: Exception) -> Response:
    if isinstance(error, ApiError):
        return error.response()
    if not isinstance(error, HTTPException):
        raise error
    code, message, hint = _BY_STATUS.get(error.status_code, ("invalid_input", error.detail, None))
    return ApiError(error.status_code, code, message, hint, error.headers).response()


async def _cartograph_error(request: Request, error: Exception) -> Response:
    return of_cartograph(error).response()


def of_cartograph(error: Exception) -> ApiError:
    """The status and code of an error whose sentence is meant for the user."""
    message = str(error)
    if isinstance(error, UnknownIdError):
        kind = "unknown_user" if isinstance(error, UnknownUserError) else "unknown_product"
        return ApiError(404, kind, message)
    if isinstance(error, RunError):
        return ApiError(422, "bad_run", message)
    if isinstance(error, QueryTimeoutError):
        return ApiError(422, "query_timeout", message)
    if isinstance(error, QueryTooLargeError):
        return ApiError(422, "query_too_large", message)
    if isinstance(error, StoreError):
        return ApiError(422, "refused_statement", message)
    return ApiError(422, "invalid_input", message)


async def _bug(request: Request, error: Exception) -> Response:
    return internal_error().response()


async def _value_error(request: Request, error: Exception) -> Response:
    log.info("refused", extra={"fields": {"error": printable(str(error))}})
    return ApiError(422, "invalid_input", str(error)).response()


def internal_error() -> ApiError:
    """What the user hears of a bug."""
    return ApiError(
        500,
        "internal_error",
        "this is a bug in the server",
        "its log has the details under this request's id",
    )
