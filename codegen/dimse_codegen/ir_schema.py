"""The JSON Schema of the intermediate form, read off its classes."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from attrs import fields, has

from dimse_codegen.ir import FORMAT, IR, VERSION

_SCALARS = {str: "string", int: "integer", bool: "boolean", NoneType: "null"}


def ir_schema() -> dict[str, Any]:
    """The JSON Schema, draft 07, of what `dimse-codegen ir --json` prints; every key is always there."""
    definitions: dict[str, Any] = {}
    root = _object(IR, definitions)
    root["properties"]["format"]["const"] = FORMAT
    root["properties"]["version"]["const"] = VERSION
    ordered = dict(sorted(definitions.items()))
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": FORMAT, **root, "definitions": ordered}


def _object(of: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(of)
    says = {each.name: each.metadata["says"] for each in fields(of)}
    return {
        "description": " ".join((of.__doc__ or "").split()),
        "type": "object",
        "required": list(says),
        "properties": {name: {"description": said, **_type(hints[name], definitions)} for name, said in says.items()},
    }


def _type(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if isinstance(hint, UnionType):
        return {"anyOf": [_type(each, definitions) for each in get_args(hint)]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _type(get_args(hint)[0], definitions)}
    if get_origin(hint) is dict:
        return {"type": "object", "additionalProperties": _type(get_args(hint)[1], definitions)}
    if has(hint):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}  # ahead of what is in it, which may be the same again
            definitions[hint.__name__] = _object(hint, definitions)
        # Beside $ref draft 07 reads nothing, and the description has to be read.
        return {"allOf": [{"$ref": f"#/definitions/{hint.__name__}"}]}
    return {"type": _SCALARS[hint]}
