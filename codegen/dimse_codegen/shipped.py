"""What came with the compiler, beside a schema that has some of it: a user's file is judged, ours is not judged again.

A schema that has not all the services of PS3.7 has no use for all of its elements and statuses. So an entry that is in
a user's file as it came may go unused there, and one that was added or changed may not.
"""

from __future__ import annotations

from functools import lru_cache

from dimse_codegen.load import load, shipped_schema
from dimse_codegen.model import Schema
from dimse_codegen.problem import Text


def is_own(schema: Schema, text: Text) -> bool:
    """Whether a text stands in a file of the schema's directory; with profiles alone nothing else is read."""
    return schema.borrowed or schema.services[0].path.parent.parent in text.at.path.parents


def as_shipped(schema: Schema) -> Schema | None:
    """What came with the compiler, for a schema that has a part of it; None for one that has all its services."""
    shipped = _shipped()
    here = {str(service.name) for service in schema.services}
    return shipped if any(service.name not in here for service in shipped.services) else None


def shipped_services(schema: Schema) -> set[str]:
    """The services of PS3.7, where a schema has some of them or none: its rows may name the others."""
    shipped = as_shipped(schema)
    return {str(service.name) for service in shipped.services} if shipped else set()


@lru_cache(maxsize=1)
def _shipped() -> Schema:
    return load(shipped_schema())
