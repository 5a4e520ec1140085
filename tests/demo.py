"""The main job, on the screen: compile the schema, import the result, judge captured traffic, change one cell.

Every verdict is computed from the tables as they are now. `--check` compares where `make run` would write.
"""

from __future__ import annotations

import difflib
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

if TYPE_CHECKING:
    from dimse import Primitive, Violation
    from dimse_codegen.model import Schema

    Decode: TypeAlias = Callable[[bytes], Primitive[Any, Any]]

ROOT = Path(__file__).resolve().parents[1]
SCHEMA, PACKAGE = ROOT / "schema", ROOT / "src" / "dimse" / "services"
CAPTURES = ROOT / "tests" / "captures"
CONVERSATION = CAPTURES / "move_partial_dcmtk.json"
WIDTH = 100
STYLES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "cyan": 36}
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

# The cell that the last step changes, and the condition that then explains one cell less: old text, new text.
CHANGED = "services/c_move.yaml"
CELL = "Number of Remaining Sub-operations: ['-',     {},        '-']"
CHANGES = ((CELL.format("C"), CELL.format("M")), ("[Number of Remaining Sub-operations, ", "["))
# How the parameters are told that are worth a word in a line.
CARRIED = {"MoveDestination": "to {}", "MoveOriginatorMessageID": "for C-MOVE {}"}
COUNTS = ("Remaining", "Completed", "Failed", "Warning")
CARRIED |= {f"NumberOf{word}Suboperations": f"{{}} {word.lower()}" for word in COUNTS}


class DemoError(Exception):
    """A step could not show what it is there to show."""


@frozen
class Captured:
    """A captured message: what describes the capture, its entry there, as `decode` reads it, and its request."""

    sidecar: dict[str, Any]
    entry: dict[str, Any]
    way: str
    primitive: Any  # one of the twelve
    request: Any  # likewise, or None

    @property
    def violations(self) -> tuple[Violation, ...]:
        return tuple(self.primitive.violations(request=self.request))


def main() -> int:
    """All steps in order; 0 where each showed what it should."""
    from dimse_codegen.problem import SchemaError

    started = time.perf_counter()
    try:
        compile_schema(write="--check" not in sys.argv[1:])
        show_matrix()
        conversation = show_conversation()
        show_broken()
        show_change(conversation)
    except (DemoError, SchemaError, OSError) as error:
        print(f"\n{paint('red', 'failed')}: {error}", file=sys.stderr)
        return 1
    print(paint("dim", f"\nAll of this took {time.perf_counter() - started:.1f} s."))
    return 0


def compile_schema(*, write: bool) -> None:
    """Step 1: schema to package, as `dimse-codegen generate` does it."""
    from dimse_codegen.render import render
    from dimse_codegen.sync import compare, generate

    heading(1, "The schema, compiled", "dimse-codegen generate")
    schema = lawful(SCHEMA)
    cells = sum(len(row.cells) for service in schema.services for row in service.parameters)
    print(f"  schema/              {len(schema.services)} services, {cells} cells, PS3.7 {schema.dictionary.edition}")
    files = render(schema)
    changed = (generate if write else compare)(files, PACKAGE)
    print(f"  src/dimse/services/  {len(files)} files, {len(changed)} changed")
    for difference in changed:
        print(paint("red", f"    {difference.path.name} was {difference.kind}" + ("" if write else ", and is left so")))


def show_matrix() -> None:
    """Step 2: the C-MOVE matrix, out of the class."""
    from dimse import C_MOVE

    heading(2, f"What it says of C-MOVE: PS3.7 {C_MOVE.TABLE.title}", "print(C_MOVE.TABLE)")
    print(textwrap.indent(str(C_MOVE.TABLE), "  "))


def show_conversation() -> list[Captured]:
    """Step 3: a captured C-MOVE with its C-STORE sub-operations, each message judged."""
    from dimse import decode

    messages = list(captured(CONVERSATION, decode))
    sidecar = messages[0].sidecar
    heading(3, "A conversation of real programs", "decode(command_set).violations(request=request)")
    print(f"  tests/captures/{CONVERSATION.name}, with the packets beside it in {sidecar['file']}")
    for peer in sidecar["peers"]:
        print(f"    {peer['program']:9} {peer['version']}: {peer['role']}")
    print("\n  Under each message the verdict: the column that judges it, and glyph by glyph how many of its rows")
    print("  are present. ID is the Message ID, in a response the request's; (=) is judged against the request.\n")
    print(paint("dim", f"   #  {'from > to':16}  {'message':11} ID  what it carries"))
    for message in messages:
        name = paint("bold", f"{message.entry['message']:11}")
        id = str((message.request or message.primitive).MessageID)
        print(f"  {message.entry['n']:>2}  {message.way:16}  {name}{id:>3}  {carried(message)}")
        show_verdict(message, "      ")
    print(f"\n  {len(messages)} messages, {sum(bool(message.violations) for message in messages)} with a violation")
    return messages


def carried(message: Captured) -> str:
    """What a message carries: its status with class, destination or counts, and the size of its Data Set."""
    code = getattr(message.primitive, "Status", None)
    parts = [] if code is None else [f"{code:04X}H {status_class(code)}"]
    values = ((text, getattr(message.primitive, keyword, None)) for keyword, text in CARRIED.items())
    parts += [text.format(value) for text, value in values if value is not None]
    if message.entry["data_set"]["present"]:
        parts.append(f"{message.entry['data_set']['length']} bytes")
    return ", ".join(parts)


def status_class(code: int) -> str:
    """The class of a status, by Annex C as compiled."""
    from dimse.condition import StatusIs
    from dimse.services import _statuses

    classes = (each for each in vars(_statuses).values() if isinstance(each, StatusIs))
    return next((status.name for status in classes if status.covers(code)), "of no class")


def show_verdict(message: Captured, margin: str) -> None:
    """One line where nothing is to be said against a message, else every violation with its citation."""
    violations = message.violations
    if not violations:
        print(f"{margin}{paint('green', 'ok')}  {paint('dim', tally(message.primitive))}")
    for violation in violations:
        text = textwrap.fill(str(violation), WIDTH - len(margin) - 4)
        print(f"{margin}{paint('red', '!!')}  " + text.replace("\n", f"\n{' ' * len(margin)}    "))


def tally(primitive: Any) -> str:
    """The column that judged, and how many rows of each glyph are present."""
    table, role = primitive.TABLE, primitive.role
    announced = primitive.received is not None and primitive.received.announces_data_set
    rows: Counter[str] = Counter()
    present: Counter[str] = Counter()
    for row in table:
        glyph = row.cell(role) or "-"
        rows[glyph] += 1
        present[glyph] += announced if not row.vr and glyph != "-" else getattr(primitive, row.keyword) is not None
    counted = [f"{glyph} {present[glyph]} of {rows[glyph]}" for glyph in sorted(rows, key=lambda g: "MUC-".find(g[0]))]
    return f"PS3.7 {table.title}, {table.columns[table.roles.index(role)]}: {', '.join(counted)}"


def show_broken() -> None:
    """Step 4: of all captured messages those that break the matrix, one for each set of rules broken."""
    from dimse import decode

    judged = 0
    first: dict[tuple[str, ...], tuple[Path, Captured]] = {}
    paths = sorted(path.with_suffix(".json") for path in CAPTURES.glob("*.pcapng"))
    for path in paths:
        for message in captured(path, decode):
            judged += 1
            if rules := tuple(violation.rule for violation in message.violations):
                first.setdefault(rules, (path, message))
    heading(4, "Messages that break the matrix", f"{judged} messages of {len(paths)} captures, one example a fault")
    if not first:
        raise DemoError("no captured message breaks a rule, and some do")
    for number, (path, message) in enumerate(first.values()):
        gap = "\n" if number else ""
        print(f"{gap}  tests/captures/{path.name}, message {message.entry['n']}, from {sender(message)}")
        print(textwrap.fill(repr(message.primitive), WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 10))
        show_verdict(message, "      ")


def sender(message: Captured) -> str:
    """The program a message came from: it is known by its port, or is the one that called."""
    port = int(message.entry["src"].rpartition(":")[2])
    listeners = {peer.get("port"): str(peer["program"]) for peer in reversed(message.sidecar["peers"])}
    return listeners.get(port) or listeners.get(None, "a program not named")


def show_change(conversation: list[Captured]) -> None:
    """Step 5: one cell of a copy of the schema changed; the same messages, judged by what that compiles to."""
    from dimse_codegen.render import render
    from dimse_codegen.sync import generate

    heading(5, "One cell changed, in a copy", "dimse-codegen generate --schema copy --out what_if")
    with tempfile.TemporaryDirectory(prefix="dimse-") as scratch:
        copy, package = Path(scratch) / "copy", Path(scratch) / "what_if"
        shutil.copytree(SCHEMA, copy)
        old = new = (copy / CHANGED).read_text(encoding="utf-8")
        for before, after in CHANGES:
            if new.count(before) != 1:
                raise DemoError(f"{CHANGED} is not as it was; this step looks in it for {before}")
            new = new.replace(before, after)
        (copy / CHANGED).write_text(new, encoding="utf-8")
        show_diff(f"copy/{CHANGED}", old, new)
        ours, theirs = render(lawful(SCHEMA)), render(lawful(copy))
        generate(theirs, package)
        unlike = [name for name in theirs if theirs[name] != ours[name]]
        print(f"  {len(theirs)} files; unlike ours: {', '.join(unlike)}\n")
        show_diff("what_if/c_move.py", ours["c_move.py"], theirs["c_move.py"])
        sys.path.insert(0, scratch)
        show_new_verdicts(conversation, importlib.import_module(package.name).decode)


def show_diff(name: str, old: str, new: str) -> None:
    """The lines that differ, without the lines around them."""
    print(f"  {paint('cyan', name)}")
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0):
        if line[0] in "+-" and line[:3] not in ("+++", "---"):
            print(paint("green" if line[0] == "+" else "red", f"  {line[0]} {line[1:].strip()}"))
    print()


def show_new_verdicts(conversation: list[Captured], decode: Decode) -> None:
    """The messages whose verdict is another, before and after; the others counted."""
    pairs = list(zip(conversation, captured(CONVERSATION, decode), strict=True))
    changed = [(before, after) for before, after in pairs if before.violations != after.violations]
    if not changed:
        raise DemoError("the changed cell changed no verdict")
    for before, after in changed:
        print(f"  Message {before.entry['n']} again, {before.entry['message']}: {carried(before)}")
        show_verdict(before, "  before  ")
        show_verdict(after, "  after   ")
    print(f"\n  The verdict on the other {len(pairs) - len(changed)} messages is what it was.")


def lawful(directory: Path) -> Schema:
    """A schema, where its services obey every law; profiles are not compiled here."""
    from dimse_codegen.laws import lint_services
    from dimse_codegen.load import load
    from dimse_codegen.problem import SchemaError

    try:
        schema = load(directory)
        problems = tuple(lint_services(schema))
    except SchemaError as error:
        problems = error.problems
    if problems:
        raise DemoError("\n".join(map(str, problems)))
    return schema


def captured(path: Path, decode: Decode) -> Iterator[Captured]:
    """The complete messages of a capture in the order of the wire, each with the request it answers or cancels."""
    sidecar = json.loads(path.read_text(encoding="utf-8"))
    requests: dict[tuple[int, str, int | None], Any] = {}
    for entry in (entry for entry in sidecar["messages"] if entry["complete"]):
        primitive: Any = decode(bytes.fromhex(entry["command"]["hex"]))
        index, side = entry["association"], entry["from"]
        other = "acceptor" if side == "requestor" else "requestor"
        ends = sidecar["associations"][index]
        title = {"requestor": ends["calling_ae"].strip(), "acceptor": ends["called_ae"].strip()}
        if primitive.role == "request":
            requests[index, side, primitive.MessageID] = primitive
        asked_by = other if primitive.role == "response" else side
        request = requests.get((index, asked_by, getattr(primitive, "MessageIDBeingRespondedTo", None)))
        yield Captured(sidecar, entry, f"{title[side]} > {title[other]}", primitive, request)


def paint(style: str, text: str) -> str:
    """Text in a colour, on a terminal that wants it."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if COLOUR else text


def heading(number: int, title: str, how: str) -> None:
    """A step's title, and the call or command that it stands for."""
    print(f"\n{paint('bold', f'{number}  {title}')}\n   {paint('dim', how)}\n")


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):  # a reader that has seen enough, as `make run | head`, is no failure
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
