"""Hypothesis strategies for primitives, messages and bytes: for tests of whatever sends, receives or answers DIMSE.

Nothing is drawn to be thrown away: what a message shall and may hold is printed from the schema. Needs the extra
`dimse[testing]`. With this package imported, `hypothesis.strategies.from_type` knows every primitive and message;
those of a package of one's own once `register` has been given it.
"""

from __future__ import annotations

from types import ModuleType as _ModuleType

from hypothesis import strategies as _st

from dimse import services as _services
from dimse import strict as _strict  # noqa: F401  (brings in pydicom now: no example is to pay for it)
from dimse.message import Message as _Message
from dimse.testing.legal import messages, primitives, responses_to, statuses, valid_messages
from dimse.testing.values import (
    ae_titles,
    data_sets,
    long_strings,
    numbers,
    priorities,
    short_strings,
    tag_lists,
    tags,
    uids,
)
from dimse.testing.wire import MALFORMED, Malformed, command_sets, malformed_command_sets

__all__ = [
    "MALFORMED",
    "Malformed",
    "ae_titles",
    "command_sets",
    "data_sets",
    "long_strings",
    "malformed_command_sets",
    "messages",
    "numbers",
    "primitives",
    "priorities",
    "register",
    "responses_to",
    "short_strings",
    "statuses",
    "tag_lists",
    "tags",
    "uids",
    "valid_messages",
]


def register(package: _ModuleType) -> None:
    """Let `hypothesis.strategies.from_type` know the primitives and messages of a package of one's own.

    Args:
        package: as `dimse-codegen generate` printed it, imported.

    Raises:
        TypeError: the package is none of those.
    """
    services = getattr(package, "SERVICES", None)
    if not isinstance(services, tuple):
        raise TypeError(f"{package!r} is no package that dimse-codegen printed: it has no SERVICES")
    for service in services:
        _st.register_type_strategy(service, primitives)
        for kind in service.MESSAGES.values():
            _st.register_type_strategy(kind, messages)


register(_services)
_st.register_type_strategy(_Message, lambda _: messages())
