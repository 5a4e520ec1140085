"""What a value of each VR is: one contract, and for each VR what it takes, what that becomes, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, ClassVar

import pytest
from attrs import fields
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, ImplicitVRLittleEndian

import dimse
from dimse import DimseError, Message, ParameterError, ParameterTypeError, ParameterValueError
from dimse import vr as checks

SET = "data set"
PRIMITIVES = dimse.SERVICES
MESSAGES: list[type[Message]] = [m for service in dimse.SERVICES for m in service.MESSAGES.values()]
FILLING: dict[str, Any] = {"UI": "1.2", "AE": "A", "LO": "x", "US": 0, "AT": [0], "": b""}

Cases = list[tuple[Any, Any]]
Refusals = list[tuple[Any, type[ParameterError], str]]


def kept(*values: Any) -> Cases:
    """Values that are kept as they are."""
    return [(value, value) for value in values]


def become(kept: Any, *values: Any) -> Cases:
    """Values that are all kept as one other."""
    return [(value, kept) for value in values]


def bad(reason: str, *values: Any) -> Refusals:
    """Values of the right type that are refused for a reason."""
    return [(value, ParameterValueError, reason) for value in values]


def wrong(reason: str, *values: Any) -> Refusals:
    """Values of a type that is not taken."""
    return [(value, ParameterTypeError, reason) for value in values]


BOOLS = wrong("", True, False)


def vrs(owner: type[Any]) -> dict[str, str]:
    """VR of each parameter that a primitive or message has, Priority apart: it is an enumeration besides."""
    table = owner.TABLE if owner in PRIMITIVES else owner.PRIMITIVE.TABLE
    own = {field.name for field in fields(owner)} - {"Priority"}
    return {row.keyword: row.vr for row in table if row.keyword in own}


def fill(message: type[Message], keyword: str, value: Any) -> Message:
    """A message of arbitrary values with one of them given."""
    values = {name: FILLING[own] for name, own in vrs(message).items()}
    priority = {"Priority": 0} if "Priority" in message.PRIMITIVE.REQUEST_KEYWORDS and message.ROLE == "request" else {}
    return message(**(values | priority | {keyword: value}))


class Value:
    """What holds of every VR; a subclass gives the data. No parameter has the VR SH or UL."""

    vr: ClassVar[str]
    check: ClassVar[Callable[[Any], Any]]
    accepted: ClassVar[Cases]
    refused: ClassVar[Refusals]

    def same(self, got: Any, expected: Any) -> None:
        assert got == expected
        assert type(got) is type(expected)

    def refuses(self, act: Callable[[], Any], keyword: str, value: Any, error: type[ParameterError], why: str) -> None:
        with pytest.raises(DimseError) as raised:
            act()
        facts = raised.value
        assert isinstance(facts, ParameterError) and type(facts) is error  # noqa: PT018
        assert isinstance(facts, TypeError if error is ParameterTypeError else ValueError)
        assert (facts.keyword, facts.vr) == (keyword, self.vr)
        assert facts.value is value
        assert why in facts.reason
        assert str(facts).startswith(f"{keyword or 'value'} ({self.vr}) {facts.reason}, got {repr(value)[:97]}")

    def owners(self, classes: Iterable[type[Any]]) -> list[tuple[type[Any], str]]:
        found = [(o, keyword) for o in classes for keyword, own in vrs(o).items() if (own or SET) == self.vr]
        assert found
        return found

    def test_accepted(self) -> None:
        """A value of the VR is taken and becomes what the VR keeps; that is taken once more and stays the same."""
        for value, expected in self.accepted:
            self.same(type(self).check(value), expected)
            self.same(type(self).check(type(self).check(value)), expected)

    def test_refused(self) -> None:
        """Any other value is refused: with its error, the value and a reason, and no parameter named."""
        for value, error, reason in [*self.refused, *BOOLS]:
            self.refuses(lambda: type(self).check(value), "", value, error, reason)  # noqa: B023


class InPrimitives(Value):
    def test_primitive(self) -> None:
        """Every parameter of the VR takes and refuses the same, constructed or assigned; None makes it absent."""
        for owner, keyword in self.owners(PRIMITIVES):
            make: Callable[..., Any] = owner
            for value, expected in self.accepted:
                self.same(getattr(make(**{keyword: value}), keyword), expected)
                primitive = make()
                setattr(primitive, keyword, value)
                self.same(getattr(primitive, keyword), expected)
                setattr(primitive, keyword, None)
                assert getattr(primitive, keyword) is None
            primitive = make(**{keyword: self.accepted[0][0]})
            for value, error, reason in [*self.refused, *BOOLS]:
                self.refuses(lambda: make(**{keyword: value}), keyword, value, error, reason)  # noqa: B023
                self.refuses(lambda: setattr(primitive, keyword, value), keyword, value, error, reason)  # noqa: B023
                self.same(getattr(primitive, keyword), self.accepted[0][1])


class InMessages(Value):
    def test_message(self) -> None:
        """Every field of the VR takes and refuses the same when a message is made; a required one refuses None."""
        for owner, keyword in self.owners(MESSAGES):
            for value, expected in self.accepted:
                self.same(getattr(fill(owner, keyword, value), keyword), expected)
            for value, error, reason in [*self.refused, *BOOLS]:
                self.refuses(lambda: fill(owner, keyword, value), keyword, value, error, reason)  # noqa: B023
            if getattr(fields(owner), keyword).default is not None:
                self.refuses(lambda: fill(owner, keyword, None), keyword, None, ParameterTypeError, "")  # noqa: B023


UID_1 = UID("1.2.840.10008.1.1")


class TestUI(InPrimitives, InMessages):
    vr = "UI"
    check = checks.UI
    accepted: ClassVar = [
        *become(UID_1, str(UID_1), bytes(UID_1, "ascii"), bytes(UID_1, "ascii") + b"\0", f"{UID_1}\0", UID_1),
        *become(UID("1.2.840.10008.1.2"), ImplicitVRLittleEndian, "1.2.840.10008.1.2"),
        *become(UID("0"), "0"),
        *become(UID("2.25.0"), "2.25.0"),
        *become(UID("1." + "2" * 62), "1." + "2" * 62),
    ]
    refused: ClassVar = [
        *bad("empty", "", "\0"),
        *bad("at most 64", "1.2" + "3" * 62, "1" * 200),
        *bad("leading zero", "1.02", "00", "01.2"),
        *bad("empty component", "1..2", ".1", "1.2.", "."),
        *bad("digits and dots", "1.2\0\0", " 1.2", "1.2 ", "1.2\n", "1.a", "1.-2", "1.2\\1.3", "1.\u0662", "1.\u00b2"),
        *bad("ASCII", b"1.\xb2"),
        *wrong("UID", 1, 1.2, ["1.2"], bytearray(b"1.2"), object()),
    ]


class TestAE(InPrimitives, InMessages):
    vr = "AE"
    check = checks.AE
    accepted: ClassVar = [
        *kept("STORESCP", "A", "A" * 16, "~!a [b]"),
        *become("STORE SCP", "  STORE SCP  ", b"STORE SCP ", " " * 20 + "STORE SCP"),
    ]
    refused: ClassVar = [
        *bad("blank", "", " " * 16),
        *bad("at most 16", "A" * 17),
        *bad("backslash", "A\\B"),
        *bad("printable", "A\n", "A\0", "\x7f", "A\tB", "caf\u00e9"),
        *bad("ASCII", b"\xe9"),
        *wrong("str", 1, ["A"], bytearray(b"A")),
    ]


STRINGS = [*kept("", "x", "[]^_~ !"), *become("", "  "), *become("a b", " a b ", b"a b")]
NO_STRINGS = [
    *bad("backslash", "a\\b"),
    *bad("printable", "a\tb", "a\n", "a\x1b", "\u00fc", "a\0"),
    *bad("ASCII", b"\xfc"),
    *wrong("str", 7, bytearray(b"a"), ["a"]),
]


class TestLO(InPrimitives, InMessages):
    vr = "LO"
    check = checks.LO
    accepted: ClassVar = [*STRINGS, *kept("x" * 64), *become("x" * 64, f" {'x' * 64}  ")]
    refused: ClassVar = [*NO_STRINGS, *bad("at most 64 characters, has 65", "x" * 65), *bad("has 200", "x" * 200)]


class TestSH(Value):
    vr = "SH"
    check = checks.SH
    accepted: ClassVar = [*STRINGS, *kept("x" * 16), *become("x" * 16, f" {'x' * 16}  ")]
    refused: ClassVar = [*NO_STRINGS, *bad("at most 16 characters, has 17", "x" * 17)]


NO_NUMBERS = [*wrong("int", "1", 1.0, b"\1\0", [1]), *bad("from 0 to", -1, 2**64)]


class TestUS(InPrimitives, InMessages):
    vr = "US"
    check = checks.US
    accepted: ClassVar = kept(0, 1, 255, 256, 0x8000, 65535)
    refused: ClassVar = [*NO_NUMBERS, *bad("0 to 65535", 65536)]


class TestUL(Value):
    vr = "UL"
    check = checks.UL
    accepted: ClassVar = kept(0, 65536, 2**32 - 1)
    refused: ClassVar = [*NO_NUMBERS, *bad("0 to 4294967295", 2**32)]


NAME, ID = Tag(0x0010, 0x0010), Tag(0x0010, 0x0020)


class TestAT(InPrimitives, InMessages):
    vr = "AT"
    check = checks.AT
    accepted: ClassVar = [
        *become([NAME], 0x0010_0010, NAME, "PatientName", (0x0010, 0x0010), [0x0010_0010], ("PatientName",)),
        *become([NAME, ID], ("PatientName", "PatientID"), [(0x0010, 0x0010), ID], [NAME, 0x0010_0020]),
        *become([BaseTag(0), BaseTag(0xFFFF_FFFF)], [0, 0xFFFF_FFFF]),
        *become([], [], ()),
    ]
    refused: ClassVar = [
        *wrong("tag", 1.5, b"\x10\0\x10\0", object()),
        *bad("tag", -1, 2**32),
        *bad("group and an element", (0x1_0000, 0), (0, -1)),
        *bad("keyword", "NoSuchKeyword"),
    ]

    def same(self, got: Any, expected: Any) -> None:
        assert got == expected
        assert {type(got), *map(type, got)} <= {list, BaseTag}

    def test_in_a_list(self) -> None:
        """One value in a list that is no tag has the list refused, and the parameter is named."""
        for value in (-1, 2**32, "NoSuchKeyword", (0x1_0000, 0), True, None, [1, 2], (1, 2, 3)):
            with pytest.raises(ParameterError) as raised:
                dimse.N_GET(AttributeIdentifierList=[NAME, value])
            assert vars(raised.value).items() >= {"keyword": "AttributeIdentifierList", "value": value}.items()


# A Data Set that somebody has read to its end.
READ = BytesIO(b"ab")
READ.seek(2)


class TestDATA_SET(InPrimitives):
    vr = SET
    check = checks.DATA_SET
    accepted: ClassVar = become(b"ab", b"ab", bytearray(b"ab"), memoryview(b"ab"), BytesIO(b"ab"), READ)
    refused: ClassVar = wrong("bytes-like", "a", 7, [b"a"], {})

    def same(self, got: Any, expected: Any) -> None:
        assert type(got) is BytesIO
        assert got.getvalue() == expected

    def test_identity(self) -> None:
        """An `io.BytesIO` is kept itself, and not read."""
        assert dimse.C_FIND(Identifier=READ).Identifier is READ
        assert READ.tell() == 2


class TestBYTES(InMessages):
    vr = SET
    check = checks.BYTES
    accepted: ClassVar = [*kept(b"", b"ab", bytearray(b"ab"), memoryview(b"ab")), *become(b"ab", BytesIO(b"ab"), READ)]
    refused: ClassVar = wrong("bytes-like", "a", 7, [b"a"], {})


def test_priority() -> None:
    """Priority is 0, 1 or 2 and no other number (E.1), on primitives and messages alike."""
    services = [service for service in dimse.SERVICES if hasattr(service(), "Priority")]
    assert [service.SERVICE for service in services] == ["C-STORE", "C-FIND", "C-GET", "C-MOVE"]
    for owner in [*services, *(service.MESSAGES["request"] for service in services)]:
        build: Any = owner if owner in services else lambda Priority, o=owner: fill(o, "Priority", Priority)
        for value in (0, 1, 2):
            assert build(Priority=value).Priority == value
        for value in (3, 65535, 65536, -1):
            with pytest.raises(ParameterValueError, match=r"^Priority \(US\) must be") as raised:
                build(Priority=value)
            assert vars(raised.value).items() >= {"keyword": "Priority", "vr": "US", "value": value}.items()
        with pytest.raises(ParameterTypeError):
            build(Priority=True)


def test_default_priority() -> None:
    """A new primitive has Priority LOW, which stands in a request and counts as absent in a response."""
    for service in (dimse.C_STORE, dimse.C_FIND, dimse.C_GET, dimse.C_MOVE):
        primitive = service(Status=0, MessageIDBeingRespondedTo=1)
        assert primitive.Priority == 2
        assert "Priority" not in {violation.keyword for violation in primitive.violations("response")}
        assert "Priority" not in {violation.keyword for violation in service().violations("request")}
        primitive.Priority = 2
        assert f"{service.SERVICE}-RSP.Priority.-" in [v.rule for v in primitive.violations("response")]
        assert service(Priority=None).Priority is None
