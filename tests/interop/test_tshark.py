"""Tshark reads what we send as the messages we meant: one conversation of each service, element by element."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from attrs import define, field

from dimse import SERVICES
from dimse.services import DICTIONARY

from .conversations import CONVERSATIONS, DataSet, Said, link
from .pcap import PORT, REQUESTOR, write
from .programs import path_of, run

FIRST_PORT = 40000
PROTOCOL = {"CommandGroupLength": 0x0000_0000, "CommandField": 0x0000_0100, "CommandDataSetType": 0x0000_0800}
NUMBERS = ("dicom.tag.value.16u", "dicom.tag.value.32u")
# The fields with which its DICOM dissector objects.
FAULTS = (
    ".invalid",
    ".missing",
    ".error",
    "no_abstract_syntax",
    "no_transfer_syntax",
    "multiple_abstract_syntax",
    "multiple_transfer_syntax",
    "no_abstract_syntax_uid",
)


@define
class Read:
    """A message as tshark tells it: who sent it, and the elements of its Command Set and Data Set, by tag."""

    side: str
    names: dict[int, str] = field(factory=dict)
    vrs: dict[int, str] = field(factory=dict)
    values: dict[int, Any] = field(factory=dict)


def shown(node: ElementTree.Element, name: str) -> list[str]:
    """What tshark shows for the fields of a name, anywhere below."""
    return [each.get("show", "") for each in node.iter("field") if each.get("name") == name]


def elements(packet: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """The elements that were dissected in a packet, in their order."""
    for node in packet.iter("field"):
        if any(child.get("name") == "dicom.tag" for child in node):
            yield node


def value(node: ElementTree.Element, vr: str) -> Any:
    """The value of an element: numbers, texts, bytes of what is neither."""
    numbers = [int(show) for name in NUMBERS for show in shown(node, name)]
    if vr == "AT":
        return numbers
    if numbers:
        (number,) = numbers
        return number
    texts = shown(node, "dicom.tag.value.str")
    if not texts:
        return bytes.fromhex("".join(shown(node, "dicom.tag.value.byte")).replace(":", ""))
    # Behind a UID stands its name; spaces at the end are padding.
    return texts[0].split(" ")[0] if vr == "UI" else texts[0].rstrip(" ")


def read(packets: list[ElementTree.Element]) -> list[Read]:
    """The messages of a connection."""
    found: list[Read] = []
    for packet in packets:
        side = "requestor" if shown(packet, "ip.src") == [".".join(map(str, REQUESTOR))] else "acceptor"
        for node in elements(packet):
            tag, vr = int(shown(node, "dicom.tag")[0], 16), shown(node, "dicom.tag.vr")[0]
            if tag == PROTOCOL["CommandGroupLength"]:
                found.append(Read(side))
            message = found[-1]
            assert message.side == side
            assert tag not in message.values
            message.names[tag] = node[0].get("showname", "").partition("(")[2].rstrip(")")
            message.vrs[tag] = vr
            message.values[tag] = value(node, vr)
    return found


@pytest.fixture(scope="module")
def dissected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[ElementTree.Element]]:
    """All conversations in one capture file, as tshark dissects it: the packets of each service."""
    tshark = path_of("tshark", "tshark")
    path = tmp_path_factory.mktemp("tshark") / "ours.pcap"
    ports = {FIRST_PORT + number: name for number, name in enumerate(CONVERSATIONS)}
    write(path, [link(port, *CONVERSATIONS[name]) for port, name in ports.items()])
    as_dicom = ["-d", f"tcp.port=={PORT},dicom", "-o", "dicom.tag_tree:TRUE"]
    root = ElementTree.fromstring(dissect(tshark, path, as_dicom))
    found: dict[str, list[ElementTree.Element]] = {name: [] for name in CONVERSATIONS}
    for packet in root.iter("packet"):
        port = next(int(port) for port in shown(packet, "tcp.port") if int(port) != PORT)
        found[ports[port]].append(packet)
    return found


def dissect(tshark: str, path: Path, options: list[str]) -> str:
    """The PDML of a capture file; what tshark says beside it, as of the user that it runs as, stands before."""
    printed = run(tshark, "-r", path, *options, "-T", "pdml")
    return printed[printed.index("<?xml") :].partition("</pdml>")[0] + "</pdml>"


def meant(said: Said) -> dict[int, Any]:
    """The elements of a message as the test has it, by tag."""
    tags = {entry.keyword: tag for tag, entry in DICTIONARY.by_tag.items()}
    found = {tags[keyword]: given for keyword, given in said.parameters.items()}
    found[PROTOCOL["CommandField"]] = said.command_field
    found[PROTOCOL["CommandDataSetType"]] = 0x0101 if said.data_set is None else 0x0001
    found[PROTOCOL["CommandGroupLength"]] = len(said.message.encode()) - 12
    if said.data_set is not None:
        found[said.data_set.tag] = as_read(said.data_set)
    return found


def as_read(data_set: DataSet) -> str | bytes:
    """What the one element of a Data Set says."""
    is_text = data_set.tag != 0x7FE0_0010
    return data_set.value.decode("ascii").rstrip(" ") if is_text else data_set.value


def test_every_service() -> None:
    """There is a conversation of each service, and every message is in one of them."""
    names = {service.SERVICE for service in SERVICES} - {"C-CANCEL"}
    assert CONVERSATIONS.keys() == names
    said = {each.name for _, conversation in CONVERSATIONS.values() for each in conversation}
    assert said == {message.NAME for service in SERVICES for message in service.MESSAGES.values()}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_messages(name: str, dissected: dict[str, list[ElementTree.Element]]) -> None:
    """Every element has the value that was meant, and there are no others."""
    found = read(dissected[name])
    said = CONVERSATIONS[name][1]
    assert [message.side for message in found] == [each.side for each in said]
    for message, each in zip(found, said, strict=True):
        assert message.values == meant(each)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_elements(name: str, dissected: dict[str, list[ElementTree.Element]]) -> None:
    """Tshark's dictionary has the names and VRs of ours."""
    for message in read(dissected[name]):
        for tag in message.values:
            if tag >> 16 == 0:
                entry = DICTIONARY.by_tag[tag]
                assert (message.names[tag], message.vrs[tag]) == (entry.name, entry.vr)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_in_order(name: str, dissected: dict[str, list[ElementTree.Element]]) -> None:
    """Tshark has nothing against a PDU, an item of an A-ASSOCIATE, a PDV or a tag."""
    fields = [node.get("name", "") for packet in dissected[name] for node in packet.iter("field")]
    protocols = {node.get("name") for packet in dissected[name] for node in packet.iter("proto")}
    assert [each for each in fields if each.startswith("dicom.") and each.endswith(FAULTS)] == []
    assert protocols - {"fake-field-wrapper"} == {"geninfo", "frame", "raw", "ip", "tcp", "dicom"}  # around segments
