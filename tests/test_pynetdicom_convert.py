"""Conversions: what goes to pynetdicom or pydicom and back is what it was."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from pydicom.dataset import Dataset
from pynetdicom import dimse_messages, dimse_primitives, dsutils

import dimse
from dimse.pynetdicom import (
    ConversionError,
    from_dataset,
    from_identifier,
    from_pynetdicom,
    identifier,
    to_dataset,
    to_pynetdicom,
)
from dimse.pynetdicom.forms import forms
from dimse.testing import messages, valid_messages

DATA_SETS = {form.data_set for form in forms().values()}
SYNTAXES = {"implicit": "1.2.840.10008.1.2", "explicit": "1.2.840.10008.1.2.1", "big": "1.2.840.10008.1.2.2"}
SYNTAXES["deflated"] = "1.2.840.10008.1.2.1.99"


def has_a_place(message: dimse.Message) -> bool:
    """Whether pynetdicom's primitive has every parameter of a message."""
    theirs = forms()[type(message).__name__].theirs()
    return all(hasattr(theirs, keyword) for keyword, value in message._parameters().items() if value is not None)


def same(one: Any, other: Any) -> bool:
    """Whether two primitives hold the same; a Data Set by its bytes, one tag as a list of it."""

    def shown(primitive: Any) -> dict[str, Any]:
        values = {keyword: getattr(primitive, keyword) for keyword in primitive._KEYWORDS}
        return {key: each.getvalue() if isinstance(each, BytesIO) else each for key, each in values.items()}

    return type(one) is type(other) and shown(one) == shown(other)


@given(message=messages())
def test_a_primitive_there_and_back(message: dimse.Message) -> None:
    """A primitive is the same after it was pynetdicom's, of whose class it then was."""
    primitive = message.primitive()
    if not has_a_place(message):
        with pytest.raises(ConversionError, match="of pynetdicom has no"):
            to_pynetdicom(primitive)
        return
    theirs = to_pynetdicom(primitive)
    assert type(theirs) is getattr(dimse_primitives, type(primitive).__name__)
    assert same(from_pynetdicom(theirs), primitive)


@given(message=messages())
def test_a_command_set_there_and_back(message: dimse.Message) -> None:
    """A message is the same after its Command Set was a Dataset, with its group length or without."""
    dataset = to_dataset(message)
    assert dataset.CommandField == message.COMMAND_FIELD
    data = None if message.data_set is None else bytes(message.data_set)
    assert same(from_dataset(dataset, data), message.primitive())
    del dataset.CommandGroupLength, dataset.CommandDataSetType
    read = from_dataset(dataset, data)
    assert same(read, message.primitive())
    assert read.anomalies == ()


@given(message=valid_messages().filter(has_a_place))
def test_a_message_of_pynetdicom(message: dimse.Message) -> None:
    """A message is pynetdicom's of the same name, and comes back but for what pynetdicom never sends."""
    theirs = to_pynetdicom(message)
    assert type(theirs) is getattr(dimse_messages, type(message).__name__)
    never = message._parameters().keys() - set(forms()[type(message).__name__].keywords) - set(DATA_SETS)
    expected = message.primitive()
    for keyword in never:
        setattr(expected, keyword, None)
    if message.data_set == b"":
        setattr(expected, forms()[type(message).__name__].data_set, None)
    got = from_pynetdicom(theirs)
    if message.data_set == b"":
        assert got.received.announces_data_set  # by pynetdicom, which then sends none
        return
    assert same(got, expected)


def test_what_pynetdicom_has_by_default() -> None:
    """A primitive of pynetdicom comes as it is: a default in a request, nothing in a response, gaps as gaps."""
    theirs = dimse_primitives.C_FIND()
    theirs.MessageID = 3
    ours = from_pynetdicom(theirs)
    assert (ours.MessageID, ours.Priority, ours.AffectedSOPClassUID) == (3, 2, None)
    assert [violation.keyword for violation in ours.violations("request")] == ["AffectedSOPClassUID", "Identifier"]
    theirs.MessageIDBeingRespondedTo, theirs.Status = 3, 0xFF00
    assert from_pynetdicom(theirs).Priority is None


def test_what_cannot_be_converted() -> None:
    """What is of neither side is refused, and a Command Set that is none of a message."""
    with pytest.raises(ConversionError, match="int is no primitive or message of pynetdicom"):
        from_pynetdicom(1)
    with pytest.raises(dimse.DecodeError):
        from_dataset(Dataset())


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_an_identifier(syntax: str) -> None:
    """An Identifier has the bytes that pynetdicom gives it in each transfer syntax, and comes back from them."""
    uid = SYNTAXES[syntax]
    ds = Dataset()
    ds.QueryRetrieveLevel, ds.PatientName, ds.StudyDate = "STUDY", "Doe^*", ""
    encoded = identifier(ds, uid)
    how = (syntax == "implicit", syntax != "big", syntax == "deflated")
    assert encoded == dsutils.encode(ds, *how)
    assert from_identifier(encoded, uid) == from_identifier(BytesIO(encoded), uid) == ds


@pytest.mark.parametrize("convert", [identifier, from_identifier])
def test_no_transfer_syntax(convert: Any) -> None:
    """A UID of something else is refused by name."""
    with pytest.raises(ConversionError, match=r"1\.2\.840\.10008\.1\.1 is no transfer syntax"):
        convert(Dataset() if convert is identifier else b"", "1.2.840.10008.1.1")
