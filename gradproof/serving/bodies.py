"""Reading what a request sends: bytes, JSON and fields, each with a clear message where it cannot be used."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from starlette.requests import ClientDisconnect, Request

from gradproof.serving.limits import Limits, RefusedError
from gradproof.serving.tasks import MOST_NAME

R = TypeVar("R")
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body: its type, what it says, what it is when it is not sent, and what it may be.

    ``bounds`` are those of a number.
    """

    kind: type
    about: str
    default: Any = None
    required: bool = False
    choices: tuple[str, ...] = ()
    bounds: tuple[float, float] = (0, 2**31)

    def fault(self, value: Any) -> str:
        """Why a value cannot be used; empty where it can."""
        if type(value) is not self.kind and not (self.kind is float and type(value) is int):
            return f"must be {NAMES[self.kind]}"
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}"
        least, most = self.bounds
        if isinstance(value, int | float) and not least <= value <= most:
            return f"must be between {least:g} and {most:g}"
        return "holds half a character, which is no text" if isinstance(value, str) and not _is_unicode(value) else ""


NAMES: Final = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


async def body_of(request: Request, limits: Limits, fields: Mapping[str, Field]) -> dict[str, Any]:
    """The fields of the JSON object that a request sends.

    Raises RefusedError: 415 for another type, 413 for too many bytes, 408 for too slow ones, 400 for bad JSON, 422 for
    a field that cannot be used.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, "not-json", "send JSON, with Content-Type: application/json")
    found = _parsed(await _bytes_of(request, limits))
    if not isinstance(found, dict):
        raise RefusedError(400, "not-an-object", "the body must be a JSON object")
    unknown = sorted(set(found) - set(fields))
    if unknown:
        raise RefusedError(422, "unknown-field", f"{_quoted(unknown[0])} is not known; there are: {', '.join(fields)}")
    return {name: _value(name, field, found) for name, field in fields.items()}


async def _bytes_of(request: Request, limits: Limits) -> bytes:
    too_large = RefusedError(413, "too-large", f"the body is larger than {limits.body // 1024} KiB; split the sheet")
    if int(request.headers.get("content-length", "0")) > limits.body:  # uvicorn has seen that it is a number
        raise too_large
    parts, size = [], 0
    try:
        async with asyncio.timeout(limits.seconds_to_send):
            async for part in request.stream():
                parts.append(part)
                size += len(part)
                if size > limits.body:
                    raise too_large
    except TimeoutError as error:
        raise RefusedError(408, "too-slow", f"the body did not come within {limits.seconds_to_send:g} s") from error
    except ClientDisconnect as error:
        raise RefusedError(400, "gone", "the connection was closed") from error
    return b"".join(parts)


async def while_connected(request: Request, work: Coroutine[Any, Any, R]) -> R:
    """What ``work`` gives; it is cancelled where the client has gone, so that it holds no place in a line.

    The body of the request has been read. Raises RefusedError (400) for a client that has gone.
    """
    task, gone = asyncio.create_task(work), asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise RefusedError(400, "gone", "the connection was closed")
        return task.result()
    finally:
        gone.cancel()
        task.cancel()
        await asyncio.wait({task, gone})


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _parsed(data: bytes) -> Any:
    def refuse(why: str) -> RefusedError:
        return RefusedError(400, "bad-json", f"the body is no JSON: {why}")

    try:
        return json.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise refuse("it is not UTF-8") from error
    except RecursionError as error:
        raise refuse("too deeply nested") from error
    except ValueError as error:
        raise refuse(str(error)) from error


def _value(name: str, field: Field, found: Mapping[str, Any]) -> Any:
    value = found.get(name)
    if value is None and field.required:
        raise RefusedError(422, "missing-field", f"{name} is missing: {field.about}")
    fault = "" if value is None else field.fault(value)
    if fault:
        raise RefusedError(422, "bad-field", f"{name} {fault}")
    return field.default if value is None else value


def sheet_name(text: str, suffixes: frozenset[str]) -> str:
    """A name to show, without a folder; it must end as a sheet does. Raises RefusedError (422)."""
    name = CONTROL.sub("", text.replace("\\", "/").rpartition("/")[2])[-MOST_NAME:]
    if not any(name.lower().endswith(suffix) for suffix in suffixes):
        raise RefusedError(422, "bad-field", f"name must end in {', '.join(sorted(suffixes))}")
    return name


def _quoted(text: str) -> str:
    return json.dumps(text[:MOST_NAME])


def _is_unicode(text: str) -> bool:
    """Whether text has no lone surrogate in it, which JSON can hold and UTF-8 cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
