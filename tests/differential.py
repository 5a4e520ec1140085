"""What we read against what pynetdicom 3.0.4 reads, on mutated Command Sets: `python tests/differential.py --count N`.

The seeds are the Command Sets of `captures/`; a mutation changes bytes, lengths, elements or their order, and mends the
group length half of the time. Each outcome is compared, and each difference put in a class: who read, who refused, and
what our own anomalies, or the rules of the difference itself, say about it. `differential.json` has each class that
is known, how many of a million have it, and why we do as we do; any other ends the program with exit status 1.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from dimse import DICTIONARY, DecodeError, Primitive, decode

HERE = Path(__file__).parent
KNOWN: dict[str, dict[str, Any]] = json.loads((HERE / "differential.json").read_text("utf-8"))
HEADER = 8
GROUP_LENGTH = bytes.fromhex("0000000004000000")
EDGES = (0, 1, 2, 0x20, 0x2E, 0x30, 0x39, 0x5C, 0x7F, 0x80, 0xFF)

# Command Sets


def seeds() -> list[bytes]:
    """The Command Sets of the captures that are whole, each once, in an order that does not change."""
    found: dict[bytes, None] = {}
    for path in sorted((HERE / "captures").glob("*.json")):
        messages = json.loads(path.read_text("utf-8"))["messages"]
        found |= dict.fromkeys(bytes.fromhex(message["command"]["hex"]) for message in messages)
    return [wire for wire in found if wire]


def elements(wire: bytes) -> list[bytes]:
    """The elements of a Command Set, headers and all, but for the group length; a rest that is none comes last."""
    found, at = [], 0
    while at < len(wire):
        end = at + HEADER + int.from_bytes(wire[at + 4 : at + HEADER], "little")
        found.append(wire[at:end])
        at = end
    return [element for element in found if element[:4] != bytes(4)]


def whole(body: bytes) -> bytes:
    """A Command Set with its group length right."""
    return GROUP_LENGTH + len(body).to_bytes(4, "little") + body


def mutated(wire: bytes, others: list[bytes], dice: random.Random) -> bytes:
    """A Command Set with one to three things changed."""
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        wire = dice.choice(MUTATIONS)(wire, others, dice)
    return whole(wire[12:]) if dice.random() < 0.5 and wire[:HEADER] == GROUP_LENGTH else wire


def _byte(wire: bytes, _: list[bytes], dice: random.Random) -> bytes:
    if not wire:
        return wire
    at = dice.randrange(len(wire))
    value = dice.choice((dice.randrange(256), wire[at] ^ 1 << dice.randrange(8), dice.choice(EDGES)))
    return wire[:at] + bytes([value]) + wire[at + 1 :]


def _cut(wire: bytes, _: list[bytes], dice: random.Random) -> bytes:
    return wire[: dice.randrange(len(wire) + 1)]


def _insert(wire: bytes, _: list[bytes], dice: random.Random) -> bytes:
    at = dice.randrange(len(wire) + 1)
    return wire[:at] + dice.randbytes(dice.randrange(1, 5)) + wire[at:]


def _drop(wire: bytes, _: list[bytes], dice: random.Random) -> bytes:
    return _with_elements(wire, dice, lambda found: found.pop(dice.randrange(len(found))))


def _repeat(wire: bytes, _: list[bytes], dice: random.Random) -> bytes:
    return _with_elements(wire, dice, lambda found: found.insert(dice.randrange(len(found) + 1), dice.choice(found)))


def _shuffle(wire: bytes, _: list[bytes], dice: random.Random) -> bytes:
    return _with_elements(wire, dice, dice.shuffle)


def _borrow(wire: bytes, others: list[bytes], dice: random.Random) -> bytes:
    """An element of another message, in its place."""

    def borrow(found: list[bytes]) -> None:
        lent = dice.choice(elements(dice.choice(others)))
        found[:] = sorted([*found, lent], key=lambda element: int.from_bytes(element[:4], "little") >> 16)

    return _with_elements(wire, dice, borrow)


def _revalue(wire: bytes, _: list[bytes], dice: random.Random) -> bytes:
    """Another value of another length in an element, its Value Length right."""

    def revalue(found: list[bytes]) -> None:
        at = dice.randrange(len(found))
        old = found[at][HEADER:]
        size = dice.choice((0, 1, 2, 3, 4, 6, len(old), len(old) + 1, len(old) + 2, 2 * len(old), 70))
        alphabet = dice.choice((b"0123456789.", b"ABC xyz", bytes(range(256)), old or b"\0", b" ", b"\0", b"1\\"))
        value = dice.choice((old + bytes(dice.choices(alphabet, k=size)), bytes(dice.choices(alphabet, k=size))))
        found[at] = found[at][:4] + len(value).to_bytes(4, "little") + value

    return _with_elements(wire, dice, revalue)


def _retag(wire: bytes, _: list[bytes], dice: random.Random) -> bytes:
    def retag(found: list[bytes]) -> None:
        at = dice.randrange(len(found))
        found[at] = dice.choice((dice.randbytes(4), b"\0\0" + dice.randbytes(2))) + found[at][4:]

    return _with_elements(wire, dice, retag)


def _relength(wire: bytes, _: list[bytes], dice: random.Random) -> bytes:
    def relength(found: list[bytes]) -> None:
        at = dice.randrange(len(found))
        length = dice.choice((0, 1, 2, 3, 4, 255, 0xFFFF, 0xFFFF_FFF0, 0xFFFF_FFFF, dice.randrange(2**32)))
        found[at] = found[at][:4] + length.to_bytes(4, "little") + found[at][HEADER:]

    return _with_elements(wire, dice, relength)


def _with_elements(wire: bytes, dice: random.Random, change: Callable[[list[bytes]], object]) -> bytes:
    found = elements(wire)
    if found:
        change(found)
    return whole(b"".join(found))


MUTATIONS = (_byte, _byte, _byte, _cut, _insert, _drop, _repeat, _shuffle, _borrow, _revalue, _revalue, _retag)
MUTATIONS += (_relength,)

# Reading


class Read(NamedTuple):
    """What a reader made of a Command Set."""

    message: str
    values: dict[str, Any]


def ours(wire: bytes) -> Primitive[Any, Any] | DecodeError:
    """What we make of it; whatever else is raised is a fault, and ends the program."""
    try:
        return decode(wire)
    except DecodeError as error:
        return error


def theirs(wire: bytes) -> Read | Exception:
    """What pynetdicom makes of it, in the steps of its `DIMSEMessage.decode_msg` and `message_to_primitive`."""
    from pynetdicom.dimse_messages import _MESSAGE_TYPES, DIMSEMessage
    from pynetdicom.dsutils import decode as read

    message: Any = DIMSEMessage()
    try:
        message.command_set = read(BytesIO(wire), True, True)
        message.__class__ = _MESSAGE_TYPES[message.command_set.CommandField][1]
        message.command_set.CommandDataSetType == 0x0101  # noqa: B015  (asked here, as there)
        primitive = message.message_to_primitive()
    except Exception as error:
        return error
    name = type(message).__name__.replace("_", "-")
    return Read(
        name, {keyword: plain(getattr(primitive, keyword)) for keyword in KEYWORDS if hasattr(primitive, keyword)}
    )


def _keywords() -> list[str]:
    inner = {"CommandGroupLength", "CommandField", "CommandDataSetType"}
    return [e.keyword for e in DICTIONARY.by_keyword.values() if e.vr and not e.retired and e.keyword not in inner]


KEYWORDS = _keywords()


def plain(value: Any) -> Any:
    """A value of either side in terms of Python's own types."""
    if value is None or type(value) in (int, str):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return [int(value)] if type(value).__name__ == "BaseTag" else int(value)
    return [int(tag) for tag in value] if hasattr(value, "__iter__") else value


# Comparing


def differences(wire: bytes) -> Iterator[str]:
    """The classes of all that the two readers do not agree about; none where they agree."""
    mine, other = ours(wire), theirs(wire)
    if isinstance(mine, DecodeError):
        if isinstance(other, Read):
            yield f"we refuse, they read: {_kind(mine)}"
        return
    if isinstance(other, Exception):
        yield f"we read, they raise: {_cause(other, mine)}"
        return
    name = mine.MESSAGES[mine.role].NAME
    if other.message != name:
        yield f"another message: we {name}, they {other.message}"
        return
    for keyword, value in other.values.items():
        found = plain(getattr(mine, keyword, None))
        if found != value:
            yield f"another value: {_difference(mine, keyword, found, value)}"


REFUSALS = {
    "is empty": "no byte",
    "too few": "cut within a header",
    "bytes are left": "a Value Length beyond the end",
    "is no VR": "Explicit VR that changes",
    "is missing": "Command Field missing",
    "of no message": "Command Field unknown",
    "occurs twice": "Command Field with two values",
    "Command Field is present": "Command Field empty",
    "Command Field has": "Command Field of another length",
}
# What they raise, by type and text, and the cause in words; the anomalies of ours of which one must be there.
CAUSES = (
    ("AttributeError", "'CommandDataSetType'", {"DATA_SET_TYPE"}, "Command Data Set Type missing"),
    ("BytesLengthException", "", {"LENGTH", "DATA_SET_TYPE", "RESIDUE"}, "a number of another length"),
    ("ValueError", "Priority must be", {"VALUE", "VM", "EMPTY", "RESIDUE"}, "Priority of another value"),
    ("ValueError", "UID' value", {"VALUE", "VM", "RESIDUE"}, "a UID that is none"),
    ("ValueError", "Invalid '", {"VALUE", "VM", "EMPTY", "PADDING", "RESIDUE"}, "an AE title that is none"),
    ("OSError", "No tag to read", {"GROUP"}, "a sequence of another group"),
)
# The first of these that an element has explains why its value differs.
EXPLAINS = ("VM", "LENGTH", "VALUE", "EMPTY", "PADDING", "REPEATED")


def _kind(error: DecodeError) -> str:
    """The kind of a DecodeError, its numbers left out."""
    return next((kind for part, kind in REFUSALS.items() if part in error.reason), error.reason)


def _cause(error: Exception, primitive: Primitive[Any, Any]) -> str:
    """What made them raise; their own words where our anomalies have no explanation."""
    name = type(error).__name__
    element = next((e for e in DICTIONARY.by_name.values() if f"'{e.name}'" in str(error)), None)
    tags = {element.tag} if element else {e.tag for e in [*primitive.anomalies, *primitive.residue]}
    if element and element.keyword == "RequestedSOPInstanceUID":
        tags.add(DICTIONARY.by_keyword["RequestedSOPClassUID"].tag)  # theirs has the name of the other in its text
    rules = {anomaly.rule.removeprefix("WIRE.") for anomaly in primitive.anomalies if anomaly.tag in tags}
    rules |= {"RESIDUE" for residue in primitive.residue if residue.tag in tags}
    for kind, part, explained_by, cause in CAUSES:
        if name == kind and part in str(error) and rules & explained_by:
            return f"{name} at {cause}"
    return f"{name}, unexplained: {error}"


def _difference(primitive: Primitive[Any, Any], keyword: str, found: Any, value: Any) -> str:
    """What a value that differs comes from: the anomalies of its element, or what the two values show."""
    row = next((row for row in primitive.TABLE if row.keyword == keyword), None)
    if row is None:
        return f"{keyword} is a parameter of theirs alone"
    if keyword == "Priority" and (found, value) == (None, 2):
        return "Priority, 2 of theirs where none can be read"
    rules = {anomaly.rule.removeprefix("WIRE.") for anomaly in primitive.anomalies if anomaly.tag == row.tag}
    rules -= set() if found is None else {"REPEATED"}
    shown = "absent" if value is None else "empty" if value in ("", []) else "kept"
    for rule in EXPLAINS:
        if rule in rules:
            return f"{row.vr} with {rule}, ours {'absent' if found is None else 'kept'}, theirs {shown}"
    if isinstance(found, str) and isinstance(value, str) and found == value.strip(" "):
        return f"{row.vr} with spaces ahead"
    return f"{row.vr}, unexplained: ours {found!r}, theirs {value!r}"


def compare(count: int, seed: int = 0) -> tuple[Counter[str], dict[str, bytes]]:
    """The classes of disagreement in `count` mutated Command Sets, and the first of each."""
    dice = random.Random(seed)
    corpus = seeds()
    found: Counter[str] = Counter()
    first: dict[str, bytes] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            for _ in range(count):
                wire = mutated(dice.choice(corpus), corpus, dice)
                classes = set(differences(wire))
                for each in classes or {"agree"}:
                    found[each] += 1
                    first.setdefault(each, wire)
        finally:
            logging.disable(logging.NOTSET)
    return found, first


def main() -> int:
    """Compare, print the classes with their counts, and say whether any is unknown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=1_000_000, help="how many Command Sets (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (default: %(default)s)")
    chosen = parser.parse_args()
    found, first = compare(chosen.count, chosen.seed)
    for name, count in found.most_common():
        print(f"{count:9} {name}" + ("" if name in KNOWN else f"  UNKNOWN, as in {first[name].hex()}"))
    return int(bool(found.keys() - KNOWN.keys()))


if __name__ == "__main__":
    sys.exit(main())
