"""Cases of bytes: Command Sets that PS3.7 6.3.1 would not have, and fragments that PS3.8 would not have.

They are made of C-STORE-RQ, which has every VR of a request but AT, and of C-ECHO-RQ; a schema without these has none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from dimse_codegen.rule_catalogue import Rule
from dimse_codegen.vectors.case import Case, Step
from dimse_codegen.vectors.encode import Value, element, pdu, pdv, with_group_length
from dimse_codegen.vectors.scene import DATA_SET, Fault, Scene

_STORE, _ECHO = "C-STORE-RQ", "C-ECHO-RQ"


def wire_cases(scene: Scene, rules: Mapping[str, Rule]) -> Iterator[Case]:
    """A Command Set for each anomaly that the bytes of one can have."""
    if scene.name(scene.opening) == _STORE:
        yield from _WireCases(scene, [name for name, rule in rules.items() if rule.page == "WIRE"]).cases()


def fragment_cases(scene: Scene, rules: Mapping[str, Rule]) -> Iterator[Case]:
    """PDUs for each anomaly that fragments can have, and some that make no message."""
    if scene.name(scene.opening) == _ECHO:
        yield from _fragments(scene, [name for name, rule in rules.items() if rule.page == "PDV"])


class _WireCases:
    def __init__(self, scene: Scene, rules: list[str]) -> None:
        self.scene = scene
        self.rules = rules
        values: dict[str, Value] = {
            **scene.request(),
            "MoveOriginatorApplicationEntityTitle": "ODD",
            "MoveOriginatorMessageID": 3,
        }
        del values["DataSet"]
        values |= {"CommandField": scene.messages["request"].command_field, "CommandDataSetType": 1}
        encoder = scene.encoder
        self.elements = {
            keyword: (encoder.tag(keyword), encoder.value(keyword, value)) for keyword, value in values.items()
        }

    def cases(self) -> Iterator[Case]:
        """A legal Command Set, and one for each rule."""
        ordered = self._sorted(self.elements)
        legal = with_group_length(b"".join(ordered))
        yield Case(
            "WIRE:legal", "Padded, in order, even, of known elements.", tuple(self.rules), True, (self._step(legal),)
        )
        swapped = [*ordered[1:], ordered[0]]
        yield self._case("ORDER", "The first element stands last.", b"".join(swapped))
        yield self._case("REPEATED", "Message ID stands twice.", b"".join(ordered[:3] + ordered[2:]))
        foreign = element(0x0008_0052, b"STUDY ")
        yield self._case("GROUP", "An element of group 0008 stands behind the others.", b"".join([*ordered, foreign]))
        wrong = element(0, struct.pack("<I", len(legal) + 2)) + b"".join(ordered)
        yield self._case("GROUP_LENGTH", "Command Group Length is too large.", command=wrong)
        yield self._case("GROUP_LENGTH", "Command Group Length is absent.", command=b"".join(ordered), name="absent")
        yield self._case("EXPLICIT_VR", "Every element has its VR.", command=self._explicit())
        yield self._changed("ODD_LENGTH", "A UID of odd length is not padded.", "AffectedSOPInstanceUID", b"2.25.78")
        yield self._changed(
            "LENGTH",
            "Move Originator Message ID has three bytes.",
            "MoveOriginatorMessageID",
            b"\1\0\0",
            ("VR", "ODD_LENGTH"),
        )
        yield self._changed(
            "VM", "Move Originator Message ID has two values.", "MoveOriginatorMessageID", b"\1\0\2\0", ("VR",)
        )
        yield self._changed("VALUE", "Priority is 0003H.", "Priority", b"\3\0", ("VR",))
        yield self._changed(
            "PADDING", "An AE title is padded with NUL.", "MoveOriginatorApplicationEntityTitle", b"ODD\0"
        )
        yield self._changed("PADDING", "A UID is padded with a space.", "AffectedSOPInstanceUID", b"2.25.7  ")
        yield self._changed("EMPTY", "An AE title has no value.", "MoveOriginatorApplicationEntityTitle", b"")
        yield self._case("UNKNOWN", "(0000,0999) is in no Command Dictionary.", self._with(0x0999, b"\1\0"))
        yield self._case("RETIRED", "(0000,0860) Response Sequence Number.", self._with(0x0860, b"\1\0"))
        yield from self._of_data_set()

    def _of_data_set(self) -> Iterator[Case]:
        store = f"{_STORE}.CommandDataSetType"
        steps = self.scene.step(
            "request", self.scene.request(), ("WIRE.DATA_SET_TYPE", f"{store}.M"), Fault(omit_type=True)
        )
        yield Case(
            "WIRE.DATA_SET_TYPE:absent", "Command Data Set Type is absent.", ("WIRE.DATA_SET_TYPE",), False, (steps,)
        )
        fault = Fault(data_set_type=0x0101)
        steps = self.scene.step("request", self.scene.request(), ("WIRE.DATA_SET", f"{store}.announced"), fault)
        yield Case("WIRE.DATA_SET:unannounced", "A Data Set follows unannounced.", ("WIRE.DATA_SET",), False, (steps,))

    def _sorted(self, elements: Mapping[str, tuple[int, bytes]]) -> list[bytes]:
        return [element(tag, value) for tag, value in sorted(elements.values())]

    def _with(self, tag: int, value: bytes) -> bytes:
        return b"".join(self._sorted({**self.elements, "": (tag, value)}))

    def _explicit(self) -> bytes:
        every = sorted((tag, self.scene.encoder.vr(keyword), value) for keyword, (tag, value) in self.elements.items())
        body = b"".join(struct.pack("<HH2sH", 0, tag, vr.encode(), len(value)) + value for tag, vr, value in every)
        return struct.pack("<HH2sHI", 0, 0, b"UL", 4, len(body)) + body

    def _changed(self, rule: str, comment: str, keyword: str, value: bytes, besides: tuple[str, ...] = ()) -> Case:
        tag, _ = self.elements[keyword]
        expect = tuple(f"{_STORE}.{keyword}.VR" if name == "VR" else f"WIRE.{name}" for name in besides)
        body = b"".join(self._sorted({**self.elements, keyword: (tag, value)}))
        return self._case(rule, comment, body, name=keyword, besides=expect)

    def _case(
        self,
        rule: str,
        comment: str,
        body: bytes = b"",
        *,
        command: bytes = b"",
        name: str = "broken",
        besides: tuple[str, ...] = (),
    ) -> Case:
        step = self._step(command or with_group_length(body), (f"WIRE.{rule}", *besides))
        return Case(f"WIRE.{rule}:{name}", comment, (f"WIRE.{rule}",), False, (step,))

    def _step(self, command: bytes, expect: tuple[str, ...] = ()) -> Step:
        return Step("requestor", _STORE, command, DATA_SET, expect=expect)


def _fragments(scene: Scene, rules: list[str]) -> Iterator[Case]:
    command = scene.step("request", scene.request()).command or b""

    def case(name: str, comment: str, stream: bytes, *expect: str, unreadable: bool = False) -> Case:
        step = Step("requestor", pdus=stream, unreadable=unreadable, expect=expect)
        valid = not expect and not unreadable
        return Case(f"PDV{name}", comment, expect or (() if unreadable else tuple(rules)), valid, (step,))

    whole = pdv(1, command, command=True)
    parts = [pdv(1, command[:20], command=True, last=False), pdv(1, command[20:], command=True)]
    yield case(":legal", "A Command Set in one fragment.", pdu([whole]))
    yield case(":parted", "A Command Set in two fragments of one PDU.", pdu(parts))
    yield case(":two-pdus", "A Command Set in two fragments, a PDU each.", b"".join(pdu([part]) for part in parts))
    yield case(".CONTEXT_ID:even", "Presentation Context ID 2.", pdu([pdv(2, command, command=True)]), "PDV.CONTEXT_ID")
    reserved = pdv(1, command, command=True, reserved=0x80)
    yield case(
        ".CONTROL:reserved", "A reserved bit of the Message Control Header is set.", pdu([reserved]), "PDV.CONTROL"
    )
    odd = [pdv(1, command[:21], command=True, last=False), pdv(1, command[21:], command=True)]
    yield case(".ODD_LENGTH:odd", "Fragments of 21 and of an odd number of bytes.", pdu(odd), "PDV.ODD_LENGTH")
    yield case(".SHARED:two", "Two messages in one PDU.", pdu([whole, whole]), "PDV.SHARED")
    yield case(
        ":data-first", "A Data Set fragment comes first.", pdu([pdv(1, DATA_SET, command=False)]), unreadable=True
    )
    mixed = [parts[0], pdv(3, command[20:], command=True)]
    yield case(":mixed", "A Command Set in two Presentation Contexts.", pdu(mixed), unreadable=True)
    yield case(":short-item", "A PDV of length 1.", pdu([b"\0\0\0\1\1"]), unreadable=True)
    yield case(":beyond-pdu", "A PDV longer than its PDU.", pdu([b"\0\0\1\0\1\3"]), unreadable=True)
    yield case(":not-data", "A PDU of type 05H.", b"\5\0\0\0\0\4\0\0\0\0", unreadable=True)
