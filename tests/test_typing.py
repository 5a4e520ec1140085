"""The type checkers refuse what the tables of PS3.7 refuse, and accept the rest; Python agrees with them, line by line.

The cases are one line each, made from the standard's own cells and judged whole by three judges: mypy, pyright and
Python. A line that shall be refused ends in `# E`, in `# E(mypy)` where one judge alone refuses it.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest

from dimse import DimseError
from standard import DATA_SETS, ELEMENTS, SERVICES, annex_c_rows, column, keyword

EXAMPLES = Path(__file__).parent / "typing"
FRAME = ("Command Group Length", "Command Field", "Command Data Set Type")  # of every message, a parameter of none
MARK = re.compile(r"  # E(?:\((?P<judge>\w+)\))?(?:$|:)")

# By VR, "" for a Data Set: types as a message and as a primitive hold them; what may be written, first what may be
# assigned to a primitive in mypy's eyes; what may not be written.
BYTES_LIKE = "bytes | bytearray | memoryview"
TYPES = {"US": "int", "UI": "UID", "AE": "str", "LO": "str", "AT": "list[BaseTag]", "": BYTES_LIKE}
PRIMITIVE_TYPES = TYPES | {"": "BytesIO"}
ACCEPTED = {
    "US": ("0", "1"),
    "UI": ('UID("1.2")', '"1.2"', 'b"1.2"'),
    "AE": ('"ANY"',),
    "LO": ('"text"',),
    "AT": ("[BaseTag(0)]", "[0x0010_0010]", "[(0x0010, 0x0020)]", '["PatientName"]', '"PatientName"', "1", "(8, 5)"),
    "": ("BytesIO()", 'b""', "bytearray()", 'memoryview(b"")'),
}
ASSIGNABLE = {"US": 2, "AE": 1, "LO": 1, "UI": 1, "AT": 1, "": 1}
REFUSED = {
    "US": ('"1"', "1.0", "[1]"),
    "UI": ("12", '["1.2"]'),
    "AE": ("1", '["ANY"]'),
    "LO": ("1", '["text"]'),
    "AT": ("1.0", "[1.0]", "[None]"),
    "": ('"text"', "1", "[0]"),
}

# A parameter in the table's row "-" that Annex C, C.4.2, permits all the same in the response.
BY_STATUS = {"N-GET": {"Attribute Identifier List": "C"}}

Found = set[tuple[str, int]]


class Parameter(NamedTuple):
    """A parameter where it stands: its glyph in the column, its VR, "" for a Data Set."""

    keyword: str
    glyph: str
    vr: str

    @property
    def sample(self) -> str:
        return ACCEPTED[self.vr][0]


class Message(NamedTuple):
    """A column of the standard's table: the parameters of a message, and all others, which it has not."""

    service: str
    role: str
    present: list[Parameter]
    absent: list[Parameter]

    @property
    def name(self) -> str:
        return f"{self.primitive}_{'RSP' if self.role == 'response' else 'RQ'}"

    @property
    def primitive(self) -> str:
        return self.service.replace("-", "_")

    @property
    def required(self) -> dict[str, str]:
        return {parameter.keyword: parameter.sample for parameter in self.present if parameter.glyph == "M"}


def message(service: str, role: str, glyphs: dict[str, str]) -> Message:
    everything = [*(name for name in ELEMENTS if name not in FRAME), *DATA_SETS]
    parameters = [
        Parameter(keyword(name), glyphs.get(name, "-"), "" if name in DATA_SETS else ELEMENTS[name]["vr"])
        for name in everything
    ]
    present = [parameter for parameter in parameters if parameter.glyph != "-"]
    return Message(service, role, present, [parameter for parameter in parameters if parameter.glyph == "-"])


def messages() -> Iterator[Message]:
    cancel: dict[str, str] = {}
    for service, facts in SERVICES.items():
        request, response = (
            {cell.name: cell.glyph for cell in column(service, role) if cell.glyph != "-"}
            for role in ("request", "response")
        )
        yield message(service, "request", request)
        added = dict.fromkeys(annex_c_rows(service), "C") | BY_STATUS.get(service, {})
        yield message(service, "response", response | added)
        cancel |= {name: cells[2] for name, cells in facts["parameters"].items() if len(cells) == 3 and cells[2] == "M"}
    yield message("C-CANCEL", "cancel", cancel)


MESSAGES = list(messages())


def call(name: str, arguments: dict[str, str]) -> str:
    return f"{name}({', '.join(f'{keyword}={value}' for keyword, value in arguments.items())})"


def values(name: str, arguments: dict[str, str], parameter: Parameter) -> Iterator[str]:
    """One parameter with every form of value that may stand there, and with some that may not."""
    for value in ACCEPTED[parameter.vr]:
        yield call(name, arguments | {parameter.keyword: value})
    for value in REFUSED[parameter.vr]:
        yield call(name, arguments | {parameter.keyword: value}) + "  # E"
    yield call(name, arguments | {parameter.keyword: "None"}) + ("  # E" if parameter.glyph == "M" else "")


def message_cases(message: Message) -> Iterator[str]:
    name, required = message.name, message.required
    whole = call(name, required)
    yield f"# {name}"
    yield whole
    yield f"{name}(*{[0] * len(required)})  # E"
    for parameter in message.present:
        key = parameter.keyword
        if parameter.glyph == "M":
            yield call(name, {other: value for other, value in required.items() if other != key}) + "  # E"
        yield from values(name, required, parameter)
        yield f"assert_type({whole}.{key}, {TYPES[parameter.vr]}{'' if parameter.glyph == 'M' else ' | None'})"
        yield f"{whole}.{key} = {parameter.sample}  # E"
    for parameter in message.absent:
        yield call(name, required | {parameter.keyword: parameter.sample}) + "  # E"
    if message.role == "request":
        yield f"assert_type({whole}.respond(Status=0), {message.primitive}_RSP)"
        yield f"{whole}.respond()  # E"
        yield f'{whole}.respond(Status="0")  # E'


def primitive_cases(name: str, of_service: list[Message]) -> Iterator[str]:
    present = {parameter.keyword: parameter for message in of_service for parameter in message.present}
    yield f"# {name}"
    yield f"{name}()"
    yield f"{name}(0)  # E"
    for key, parameter in present.items():
        yield from values(name, {}, parameter._replace(glyph="U"))
        yield f"assert_type({name}().{key}, {PRIMITIVE_TYPES[parameter.vr]} | None)"
        for place, value in enumerate(ACCEPTED[parameter.vr]):
            yield f"{name}().{key} = {value}{'' if place < ASSIGNABLE[parameter.vr] else '  # E(mypy)'}"
        for value in REFUSED[parameter.vr]:
            yield f"{name}().{key} = {value}  # E"
        yield f"{name}().{key} = None"
    for parameter in of_service[0].absent:
        if parameter.keyword not in present:
            yield call(name, {parameter.keyword: parameter.sample}) + "  # E"
    # Type checkers read the body of a function; Python does not come by here.
    for message in of_service:
        way = "response" if message.role == "response" else "request"
        yield f"def {message.name}_{way}() -> None:"
        yield f"    assert_type({name}().{way}(), {message.name})"


def all_cases() -> str:
    services: dict[str, list[Message]] = {}
    for message in MESSAGES:
        services.setdefault(message.primitive, []).append(message)
    lines = [
        "from io import BytesIO",
        "from typing import assert_type",
        "from pydicom.tag import BaseTag",
        "from pydicom.uid import UID",
        f"from dimse import {', '.join([*services, *(message.name for message in MESSAGES)])}",
    ]
    for message in MESSAGES:
        lines += message_cases(message)
    for name, of_service in services.items():
        lines += primitive_cases(name, of_service)
    return "\n".join(lines) + "\n"


def cannot_run(checker: str, reason: str) -> NoReturn:
    """Skip, but where all must run: there a checker that is missing is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{checker} {reason}")
    pytest.skip(f"{checker} {reason}")


def run(checker: str, arguments: Iterable[str], folder: Path) -> str:
    """What a checker that came to a verdict writes: JSON, with exit status 0 or 1."""
    if find_spec(checker) is None:
        cannot_run(checker, f"is not installed: pip install {checker}")
    done = subprocess.run(
        [sys.executable, "-m", checker, *arguments],
        cwd=folder,
        env=os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1) or not done.stdout.startswith("{"):
        hint = " (it needs Node.js: pip install 'pyright[nodejs]')" if checker == "pyright" else ""
        cannot_run(checker, f"does not run{hint}:\n{done.stdout}{done.stderr}")
    return done.stdout


def mypy(folder: Path) -> Found:
    arguments = ("--strict", "--config-file=", "--cache-dir=cache", "--output=json", ".")
    faults = [json.loads(line) for line in run("mypy", arguments, folder).splitlines() if line.startswith("{")]
    return {(Path(fault["file"]).name, fault["line"]) for fault in faults if fault["severity"] == "error"}


def pyright(folder: Path) -> Found:
    (folder / "pyrightconfig.json").write_text('{"include": ["*.py"], "typeCheckingMode": "strict"}')
    report = json.loads(run("pyright", ("--outputjson", "--pythonpath", sys.executable), folder))
    faults = [fault for fault in report["generalDiagnostics"] if fault["severity"] == "error"]
    return {(Path(fault["file"]).name, fault["range"]["start"]["line"] + 1) for fault in faults}


def python(folder: Path) -> Found:
    """The statements that raise, each run after those before it."""
    found = set()
    for path in folder.glob("*.py"):
        names: dict[str, object] = {}
        for statement in ast.parse(path.read_text()).body:
            code = compile(ast.Module([statement], []), str(path), "exec")
            try:
                exec(code, names)
            except (DimseError, TypeError, AttributeError):
                found.add((path.name, statement.lineno))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The cases, and the examples that are there to be read."""
    (tmp_path / "cases.py").write_text(all_cases())
    for path in EXAMPLES.glob("*.py"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.mark.parametrize("judge", [mypy, pyright, python], ids=lambda judge: judge.__name__)
def test_refuses_the_marked_lines_and_no_others(judge: Callable[[Path], Found], folder: Path) -> None:
    """What the standard's table refuses is an error at its line, and nothing else is."""
    lines = {
        (path.name, number): line
        for path in folder.glob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
    }
    marked = {
        place
        for place, line in lines.items()
        if (mark := MARK.search(line)) and mark["judge"] in (None, judge.__name__)
    }
    found = judge(folder)
    wrong = [f"accepts {lines[place]}" for place in sorted(marked - found)]
    wrong += [f"refuses {lines[place]}" for place in sorted(found - marked)]
    assert not wrong, f"{judge.__name__}, {len(wrong)} lines:\n" + "\n".join(wrong[:20])


def test_there_are_cases_for_every_message() -> None:
    """The cases cover 23 messages and 12 primitives, each with lines to refuse and lines to accept."""
    text = all_cases()
    names = {name for message in MESSAGES for name in (message.name, message.primitive)}
    assert len(names) == 23 + 12
    for name in names:
        lines = [line for line in text.splitlines() if line.startswith(f"{name}(")]
        assert {bool(MARK.search(line)) for line in lines} == {True, False}, name
