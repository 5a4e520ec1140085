"""Usual values take the short way: it works with the long one taken away, and no other test would see it unused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydicom.tag import BaseTag

import dimse.services.wire_c_move as lines
from dimse import C_MOVE_RQ, DICTIONARY, SERVICES, Codec, ParameterError, codec, strict, vr
from dimse.shape import element_writer, twin
from dimse.strict import element_reader


def read(keyword: str, raw: bytes) -> Any:
    reader = element_reader(DICTIONARY.by_keyword[keyword])
    assert reader is not None
    return reader(raw)


def move() -> C_MOVE_RQ:
    return C_MOVE_RQ(MessageID=7, AffectedSOPClassUID="1.2", Priority=0, MoveDestination="A", Identifier=b"")


@pytest.mark.parametrize(
    ("module", "long_way", "act"),
    [
        (vr, "_integer", lambda: [vr.US(value) for value in (0, 7, 65535)]),
        (vr, "_text", lambda: [vr.UI(value) for value in ("1.2", "1" * 64)]),
        (vr, "_tag", lambda: vr.AT([0, 7, 2**32 - 1])),
        (strict, "UI", lambda: [strict.uid_value(value) for value in ("1.2", "1" * 64)]),
        (strict, "_one_tag", lambda: strict.tag_list([7])),
        (strict, "read", lambda: read("ErrorComment", b"a text")),
        (strict, "read", lambda: read("MoveDestination", b"STORESCP")),
        (strict, "read", lambda: read("OffendingElement", b"\x10\0\x20\0")),
        (lines, "RQ_INIT", move),
    ],
    ids=["US", "UI", "AT", "UI again", "tag met before", "LO", "AE", "AT read", "message"],
)
def test_the_long_way_is_not_taken(
    module: Any, long_way: str, act: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A usual value needs no function but those of the short way."""
    expected = act()
    monkeypatch.setattr(module, long_way, None)
    assert act() == expected


def test_a_usual_command_set_is_read_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes are not copied, usual elements are read straight, and a message met before is not looked up again."""
    reader = Codec(DICTIONARY, SERVICES)
    monkeypatch.setattr(codec, "_bytes_of", None)
    monkeypatch.setattr(reader, "_any_shape", None)
    for uid in ("1.2", "1.2.3", "1.2.3.4.5"):
        message = C_MOVE_RQ(MessageID=7, AffectedSOPClassUID=uid, Priority=0, MoveDestination="A", Identifier=b"")
        assert reader.decode(message.encode()).encode() == message.encode()
        monkeypatch.setattr(reader, "_make_plan", None)


def test_elements_that_come_again_are_written_once() -> None:
    """Titles and SOP Class UIDs are few and kept as they were written; all else would only fill the memory."""
    for keyword, value, kept in (
        ("AffectedSOPClassUID", "1.2", True),
        ("RequestedSOPClassUID", "1.2", True),
        ("MoveDestination", "A", True),
        ("AffectedSOPInstanceUID", "1.2", False),
        ("RequestedSOPInstanceUID", "1.2", False),
        ("ErrorComment", "a", False),
    ):
        element = DICTIONARY.by_keyword[keyword]
        write = element_writer(element.tag, element.vr)
        assert (write(value) is write(value)) is kept


def test_values_are_set_as_of_any_class() -> None:
    """CPython sets a slot the short way where setting and deleting are object's own; a twin runs no checks."""
    found = vars(twin(C_MOVE_RQ))
    for name in ("__setattr__", "__delattr__", "__init__"):
        assert found[name] is getattr(object, name)


def test_class_uids_are_made_once() -> None:
    """SOP Class UIDs are few and kept; SOP Instance UIDs do not come again, and would only fill the memory."""
    for keyword, kept in (
        ("AffectedSOPClassUID", True),
        ("RequestedSOPClassUID", True),
        ("AffectedSOPInstanceUID", False),
    ):
        reader = element_reader(DICTIONARY.by_keyword[keyword])
        assert reader is not None
        assert (reader(b"1.2\0") is reader(b"1.2\0")) is kept


def test_a_bool_is_no_tag_met_before() -> None:
    """True equals a tag that has been met, and is refused all the same."""
    for tag in (1, BaseTag(1)):
        strict.tag_list([tag])
    with pytest.raises(ParameterError):
        strict.tag_list([True])
