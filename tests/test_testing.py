"""`dimse.testing`: what its strategies draw is what they say."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dimse
from dimse import DecodeError, Message, Violation, decode, testing, vr
from dimse.response import COUNTS
from dimse.testing import legal

ROOT = Path(__file__).resolve().parents[1]
MESSAGES: dict[str, type[Message]] = {m.NAME: m for service in dimse.SERVICES for m in service.MESSAGES.values()}
RESPONSES = {name: message for name, message in MESSAGES.items() if message.ROLE == "response"}
REQUESTS = {name: message for name, message in MESSAGES.items() if message.ROLE == "request"}
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)

each = pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
some = settings(max_examples=30, deadline=None)
many = settings(max_examples=200, deadline=None)


@pytest.mark.parametrize(
    ("strategy", "check"),
    [
        (testing.uids(), vr.UI),
        (testing.ae_titles(), vr.AE),
        (testing.long_strings(), vr.LO),
        (testing.short_strings(), vr.SH),
        (testing.numbers(), vr.US),
        (testing.priorities(), vr.US),
        (testing.tag_lists(), vr.AT),
        (testing.tags(), vr.UL),
        (testing.data_sets(), vr.BYTES),
    ],
    ids=["UI", "AE", "LO", "SH", "US", "Priority", "AT", "tag", "Data-Set"],
)
def test_values(strategy: st.SearchStrategy[Any], check: Any) -> None:
    """A value is taken by its VR and kept as it was drawn."""

    @some
    @given(strategy)
    def holds(value: Any) -> None:
        assert check(value) == value
        assert value not in ("", [])

    holds()


def test_data_sets() -> None:
    """A Data Set reads as one in Implicit VR Little Endian, byte for byte."""
    from io import BytesIO

    from pydicom import dcmread
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    @some
    @given(testing.data_sets())
    def holds(encoded: bytes) -> None:
        read = dcmread(BytesIO(encoded), force=True)
        again = DicomBytesIO()
        again.is_little_endian, again.is_implicit_VR = True, True
        write_dataset(again, read)
        assert again.getvalue() == encoded

    holds()


def broken(violations: Iterable[Violation]) -> list[Violation]:
    """The violations but for advice, which a message may have and be right."""
    return [violation for violation in violations if violation.severity != "advisory"]


@each
def test_messages(message: type[Message]) -> None:
    """A message of a kind is of that kind and comes back over the wire as it was."""

    @some
    @given(testing.messages(message))
    def holds(made: Message) -> None:
        assert type(made) is message
        back = decode(made.encode(), made.data_set)
        assert (back.anomalies, back.residue) == ((), ())
        assert back == made.primitive()

    holds()


@each
def test_valid_messages(message: type[Message]) -> None:
    """A valid message breaks no rule, not even one that is a warning; advice may be given."""

    @some
    @given(testing.valid_messages(message))
    def holds(made: Message) -> None:
        assert broken(made.violations()) == []

    holds()


@pytest.mark.parametrize("message", RESPONSES.values(), ids=RESPONSES)
def test_nothing_valid_is_left_out(message: type[Message]) -> None:
    """For each Status, and each set of parameters, a message is drawn where, and only where, no rule is broken.

    Two readings of the conditions are held against each other: the compiler's, printed as cases, and the runtime's.
    """
    cases = legal._cases(message)
    rows = legal.rows_of(message)
    held = {"US": 1, "UI": "1.2", "LO": "text", "AT": [1], "": b"ab"}
    values = {keyword: held[row.vr] for keyword, row in rows.items()}
    mandatory = {keyword for keyword, row in rows.items() if row.response == "M"}
    others = [keyword for keyword, row in rows.items() if keyword not in mandatory and keyword != "MessageID"]
    codes = {low for case in cases for low, _ in legal._ranges(case.status)}
    seen = 0
    for code, count in itertools.product(sorted(codes), range(len(others) + 1)):
        fitting = [case for case in cases if legal._covers(case, code)]
        for chosen in itertools.combinations(others, count):
            present = mandatory | set(chosen)
            counted = {keyword: 0 for keyword in COUNTS if code == 0}
            given = {keyword: counted.get(keyword, values[keyword]) for keyword in present}
            made = message(**given | {"Status": code})
            drawn = any(
                set(case.shall.split()) <= present <= set(f"{case.shall} {case.may}".split()) for case in fitting
            )
            assert drawn is (broken(made.violations()) == []), (f"{code:04X}H", chosen)
            seen += 1
    assert seen == len(codes) * 2 ** len(others)


@pytest.mark.parametrize("message", RESPONSES.values(), ids=RESPONSES)
def test_statuses(message: type[Any]) -> None:
    """A Status asked for is had; one that no response of the service may have is a ValueError."""

    @some
    @given(st.data(), testing.statuses(message))
    def holds(data: st.DataObject, status: int) -> None:
        made = data.draw(testing.valid_messages(message, status=status))
        assert made.Status == status
        assert broken(made.violations()) == []
        assert data.draw(testing.valid_messages(status=status)).primitive().Status == status

    holds()
    with pytest.raises(ValueError, match=f"no {message.NAME} has Status 1234H"):
        testing.valid_messages(message, status=0x1234)
    with pytest.raises(ValueError, match="no message has Status 1234H"):
        testing.valid_messages(status=0x1234)


@pytest.mark.parametrize("message", REQUESTS.values(), ids=REQUESTS)
def test_responses_to(message: type[Any]) -> None:
    """A response answers its request: equality and the conditions that ask about the request hold too."""

    @some
    @given(st.data(), testing.valid_messages(message))
    def holds(data: st.DataObject, request: Any) -> None:
        response = data.draw(testing.responses_to(request))
        assert type(response) is request.PRIMITIVE.MESSAGES["response"]
        assert broken(response.violations(request=request)) == []
        assert data.draw(testing.responses_to(request, status=0)).Status == 0

    holds()


def test_a_condition_on_the_request() -> None:
    """N-CREATE-RSP always names the instance where the request did not; where it did, it may (10.1.5.1.4)."""
    unnamed = dimse.N_CREATE_RQ(MessageID=1, AffectedSOPClassUID="1.2")
    named = dimse.N_CREATE_RQ(MessageID=1, AffectedSOPClassUID="1.2", AffectedSOPInstanceUID="1.3")
    seen: set[bool] = set()

    @many
    @given(testing.responses_to(unnamed, status=0), testing.responses_to(named, status=0))
    def holds(first: dimse.N_CREATE_RSP, second: dimse.N_CREATE_RSP) -> None:
        assert first.AffectedSOPInstanceUID is not None
        seen.add(second.AffectedSOPInstanceUID is None)

    holds()
    assert seen == {True, False}
    with pytest.raises(ValueError, match="no N-CREATE-RSP has Status FF00H"):
        testing.responses_to(named, status=0xFF00)


@pytest.mark.parametrize("service", dimse.SERVICES, ids=lambda service: str(service.SERVICE))
def test_primitives(service: type[Any]) -> None:
    """A primitive has any parameters, each as its VR wants it, and can be asked for everything."""
    seen: set[str] = set()

    @many
    @given(testing.primitives(service))
    def holds(primitive: Any) -> None:
        assert type(primitive) is service
        seen.update(row.keyword for row in service.TABLE if getattr(primitive, row.keyword) is not None)
        for role in service.MESSAGES:
            again = decode(primitive.encode(role))
            assert (again.role, again.anomalies) == (role, ())
            assert isinstance(primitive.violations(role), tuple)

    holds()
    assert seen == {row.keyword for row in service.TABLE}


def test_command_sets() -> None:
    """A Command Set of a valid message has no anomaly and breaks no rule; a canonical one encodes to itself."""

    @many
    @given(testing.command_sets(), testing.command_sets(canonical=True), testing.command_sets(dimse.C_MOVE_RQ))
    def holds(wire: bytes, canonical: bytes, move: bytes) -> None:
        for each in (wire, canonical, move):
            primitive = decode(each)
            assert (primitive.anomalies, broken(primitive.violations())) == ((), [])
        assert decode(canonical).encode() == canonical
        assert isinstance(decode(move), dimse.C_MOVE)

    holds()


@pytest.mark.parametrize("name", testing.MALFORMED)
def test_malformed_command_sets(name: str) -> None:
    """What is malformed is refused or remarked upon, whatever the message."""

    @some
    @given(testing.malformed_command_sets(name))
    def holds(malformed: testing.Malformed) -> None:
        assert malformed.name == name
        try:
            primitive = decode(malformed.wire)
        except DecodeError:
            return
        assert primitive.anomalies or broken(primitive.violations())

    holds()


@pytest.mark.parametrize("kind", [*dimse.SERVICES, *MESSAGES.values()], ids=lambda kind: str(kind.__name__))
def test_from_type(kind: type[Any]) -> None:
    """Hypothesis knows the classes by their types."""

    @settings(max_examples=5, deadline=None)
    @given(st.from_type(kind))
    def holds(made: Any) -> None:
        assert type(made) is kind

    holds()


def test_from_the_base() -> None:
    """A `Message` is one of any kind."""

    @some
    @given(st.from_type(Message), testing.messages(), testing.valid_messages())
    def holds(first: Message, second: Message, third: Message) -> None:
        assert {type(first), type(second), type(third)} <= set(MESSAGES.values())

    holds()


def test_nothing_is_thrown_away() -> None:
    """No strategy filters or assumes."""
    for path in (ROOT / "src" / "dimse" / "testing").glob("*.py"):
        called = {node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
        assert not called & {"filter", "assume", "reject"}


def test_hypothesis_stays_in_its_room() -> None:
    """`import dimse` brings in no Hypothesis, and no module outside `dimse.testing` names it."""
    code = "import sys, dimse; dimse.decode; dimse.C_MOVE; assert 'hypothesis' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    outside = [path for path in (ROOT / "src").rglob("*.py") if path.parent.name != "testing"]
    assert not [path for path in outside if "hypothesis" in path.read_text("utf-8")]


def test_classes_of_a_schema_of_ones_own(tmp_path: Path) -> None:
    """Strategies work for classes printed from another schema, a fixed value of a cell among them."""
    import shutil

    schema = tmp_path / "schema"
    shutil.copytree(ROOT / "schema", schema)
    path = schema / "services" / "c_store.yaml"
    text = path.read_text("utf-8")
    assert text.count("Priority:                                 [M,") == 1, text
    path.write_text(text.replace("Priority:                                 [M,", "Priority: ['MF 0',"), "utf-8")
    command = ["generate", "--schema", str(schema), "--out", str(tmp_path / "ours")]
    subprocess.run([sys.executable, "-m", "dimse_codegen", *command], check=True, capture_output=True)
    code = (
        "from hypothesis import given\nfrom ours import C_STORE_RQ\nfrom dimse.testing import valid_messages\n"
        "@given(valid_messages(C_STORE_RQ))\n"
        "def holds(rq):\n    assert rq.Priority == 0 and rq.violations() == ()\n"
        "holds()\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_the_page() -> None:
    """The Python blocks of docs/testing.md run in order, as printed."""
    page = (ROOT / "docs" / "testing.md").read_text("utf-8")
    scope: dict[str, Any] = {"__name__": "page"}
    blocks = BLOCK.findall(page)
    assert len(blocks) == 3
    for block in blocks:
        exec(compile(block, "docs/testing.md", "exec"), scope)


def test_the_page_names_everything() -> None:
    """docs/testing.md has all that `dimse.testing` offers."""
    page = (ROOT / "docs" / "testing.md").read_text("utf-8")
    assert [name for name in testing.__all__ if name not in page] == []
