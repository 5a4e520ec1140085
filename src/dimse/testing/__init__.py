"""Hypothesis strategies for primitives, messages and bytes: for tests of whatever sends, receives or answers DIMSE.

Nothing is drawn to be thrown away: what a message shall and may hold is printed from the schema. Needs the extra
`dimse[testing]`. With this package imported, `hypothesis.strategies.from_type` knows every primitive and message.
"""

from __future__ import annotations

from hypothesis import strategies as _st

from dimse import strict as _strict  # noqa: F401  (brings in pydicom now: no example is to pay for it)
from dimse.message import Message as _Message
from dimse.services import SERVICES as _SERVICES
from dimse.testing.legal import KINDS as _KINDS
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
    "responses_to",
    "short_strings",
    "statuses",
    "tag_lists",
    "tags",
    "uids",
    "valid_messages",
]

for _service in _SERVICES:
    _st.register_type_strategy(_service, primitives)
for _kind in _KINDS:
    _st.register_type_strategy(_kind, messages)
_st.register_type_strategy(_Message, lambda _: messages())
