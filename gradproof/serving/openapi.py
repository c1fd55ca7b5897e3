"""The OpenAPI document of the API, written from the table of its calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gradproof import __version__
from gradproof.serving.bodies import Field
from gradproof.serving.calls import CALLS, Call
from gradproof.serving.limits import Limits

TYPES: Final = {str: "string", bool: "boolean", int: "integer", float: "number"}
REFUSALS: Final = {
    "400": "The body is no JSON object.",
    "408": "The body came too slowly.",
    "413": "The body is too large.",
    "415": "The body is not declared to be JSON.",
    "422": "A field, or what it holds, cannot be used.",
    "429": "Too many requests of this client; Retry-After says when to come again.",
    "500": "A fault of gradproof itself.",
    "503": "Too much to do, or the request needed more time or memory than one may take.",
}
ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        }
    },
}
READ: Final = {
    "/api/examples": ("Sheets to try.", "array"),
    "/api/explain": ("All codes of messages.", "array"),
    "/health": ("Whether the service answers, and how much it has to do.", "object"),
}


def document(limits: Limits) -> dict[str, Any]:
    """The document; ``limits`` are told in its description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gradproof",
            "version": __version__,
            "description": (
                f"Proofread your gradients. A body may have {limits.body} bytes, the work on it may take "
                f"{limits.seconds:g} s and {limits.memory // 2**20} MiB; a client may send {limits.rate:g} requests a "
                f"second ({limits.burst} at once) and have {limits.pending} of them worked on."
            ),
        },
        "paths": {
            **{f"/api/{name}": {"post": _post(name, call)} for name, call in CALLS.items()},
            **{path: {"get": _get(path, about, kind)} for path, (about, kind) in READ.items()},
            "/api/explain/{code}": {"get": _explain()},
        },
        "components": {"schemas": {"Error": ERROR}},
    }


def _post(name: str, call: Call) -> dict[str, Any]:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": [key for key, field in call.fields.items() if field.required],
        "properties": {key: _schema(field) for key, field in call.fields.items()},
    }
    content = {media.partition(";")[0]: {"schema": _answer(media)} for media in call.media}
    return {
        "operationId": name,
        "summary": call.about,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "Done.", "content": content}, **_refusals(REFUSALS)},
    }


def _answer(media: str) -> dict[str, str]:
    return {"type": "object" if media == "application/json" else "string"}


def _schema(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"type": TYPES[field.kind], "description": field.about}
    if field.kind in (int, float):
        found |= {"minimum": field.bounds[0], "maximum": field.bounds[1]}
    if field.choices:
        found["enum"] = list(field.choices)
    return found if field.default is None else {**found, "default": field.default}


def _get(path: str, about: str, kind: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": kind}}}
    return {
        "operationId": path.rpartition("/")[2],
        "summary": about,
        "responses": {"200": {"description": "Done.", "content": content}},
    }


def _explain() -> dict[str, Any]:
    found = _get("explainCode", "The rule behind the code of a message.", "object")
    code = {"name": "code", "in": "path", "required": True, "schema": {"type": "string"}}
    return {**found, "parameters": [code], "responses": {**found["responses"], **_refusals({"404": "No such code."})}}


def _refusals(refusals: Mapping[str, str]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {status: {"description": about, "content": content} for status, about in refusals.items()}
