"""The TypeScript that is printed, in the hands of its own compiler and of Node.js.

Which messages are right is taken from the standard's tables as `tests/standard` has them, not from the schema.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .programs import MODULES, node_module, path_of, run

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from standard import CODES, DATA_SETS, ELEMENTS, ROLES, SERVICES, Cell, annex_c, column  # noqa: E402

VECTORS = [ROOT / "vectors" / name for name in ("messages.json", "responses.json", "statuses.json")]
CELLS = Path(__file__).with_name("cells.mjs")
M_CELL = '"request": "M"'
VALUES = {"US": "1", "UL": "1", "AT": "[1]", "UI": '"1.2"', "AE": '"A"', "LO": '"x"', "SH": '"x"'}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of npm, printed in an empty directory."""
    out = tmp_path_factory.mktemp("typescript") / "dimse"
    run(sys.executable, "-m", "dimse_codegen", "generate", "--target", "typescript", "--out", out, cwd=ROOT)
    return out


def value(name: str) -> str:
    return "new Uint8Array(1)" if name in DATA_SETS else VALUES[ELEMENTS[name]["vr"]]


def constant(cells: list[Cell], number: int, refused: bool) -> str:
    """A message with a value for each cell; on the line above it, whether the compiler has to refuse it."""
    fields = ", ".join(f"{cell.keyword}: {value(cell.name)}" for cell in cells)
    message = cells[0].message.replace("-", "_")
    mark = "// @ts-expect-error\n" if refused else ""
    return f"{mark}export const m{number}: D.{message} = {{ {fields} }};\n"


def tsc(file: Path) -> list[str]:
    """What the compiler says against a file, strict; its exit status says the same."""
    node = node_module("typescript")
    (file.parent / "package.json").write_text('{"type": "module"}')
    options = ("--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--pretty", "false")
    command = [node, MODULES / "typescript" / "bin" / "tsc", *options, file]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, check=False, text=True, timeout=120)
    faults = [line for line in done.stdout.splitlines() if ": error TS" in line]
    assert bool(done.returncode) == bool(faults), done.stdout + done.stderr
    return faults


def messages() -> tuple[str, int, int]:
    """Messages with every M cell, without one, with one '-' cell; how many of them are right and wrong."""
    lines = ['import type * as D from "./dimse/dimse.js";\n']
    right = wrong = 0
    for service in SERVICES:
        for role in ROLES.values():
            cells = column(service, role)
            mandatory = [cell for cell in cells if cell.glyph == "M"]
            if not mandatory:
                continue
            by_status = {name for code in CODES for name in annex_c(service, code)} if role == "response" else set()
            for cell in cells:
                # What Annex C permits of Data Sets travels as the one that the message has (C.5.10).
                if cell.glyph == "-" and cell.name in by_status and cell.name in DATA_SETS:
                    continue
                others = [each for each in mandatory if each is not cell]
                if cell.glyph == "-" and cell.name not in by_status:
                    chosen, refused = [*mandatory, cell], True
                elif cell.glyph == "M" and others:
                    lines.append(constant(others, len(lines), True))
                    wrong += 1
                    chosen, refused = mandatory, False
                else:
                    chosen, refused = [*others, cell], False
                lines.append(constant(chosen, len(lines), refused))
                right, wrong = right + (not refused), wrong + refused
    return "".join(lines), right, wrong


def test_the_compiler_takes_and_refuses_what_the_table_does(package: Path) -> None:
    """tsc, strict, takes every message with its M cells, and refuses each that lacks one or has a '-' cell."""
    text, right, wrong = messages()
    file = package.parent / "messages.ts"
    file.write_text(text, encoding="utf-8")
    assert tsc(file) == []
    assert right > 100
    assert wrong > 100
    # The other way round: without its marks the same file has as many faults as messages that are wrong.
    file.write_text(text.replace("// @ts-expect-error\n", ""), encoding="utf-8")
    assert len({fault.partition(": error TS")[0].partition(",")[0] for fault in tsc(file)}) == wrong


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('const found: "U(=)" = row.response;', ""),
        ('const found: "M" = row.response;', "TS2322"),
        ('row.response = "M";', "TS2540"),
        ('const field: 33 = MESSAGES["C-MOVE-RQ"].commandField;', ""),
        ('const field = MESSAGES["C-MOVED-RQ"];', "TS"),
    ],
)
def test_the_matrix_is_a_typed_constant(text: str, fault: str, package: Path) -> None:
    """A cell has the type of its glyph, cannot be assigned, and a message that does not exist is refused."""
    file = package.parent / "matrix.ts"
    head = 'import { TABLES, MESSAGES } from "./dimse/dimse.js";\nconst row = TABLES["C-MOVE"].rows[2];\n'
    file.write_text(head + text + "\nexport { row, MESSAGES };\n", encoding="utf-8")
    said = tsc(file)
    assert len(said) == bool(fault)
    assert all(f"error {fault}" in each for each in said)


def test_node_judges_the_vectors_by_the_table(package: Path) -> None:
    """With the printed table alone, Node.js finds every M and - cell that the vectors break, and no other."""
    found = json.loads(run(path_of("node", "nodejs"), CELLS, package / "dimse.js", *VECTORS))
    assert found["different"] == []
    assert (found["cases"] > 1900, found["M"] > 60, found["-"] > 80) == (True, True, True)


def test_a_changed_cell_is_noticed(package: Path, tmp_path: Path) -> None:
    """With one cell of the printed table changed from M to U, the program and the vectors disagree."""
    changed = Path(shutil.copytree(package, tmp_path / "dimse")) / "dimse.js"
    text = changed.read_text(encoding="utf-8")
    row = text.index('"keyword": "MoveDestination"')
    at = text.index(M_CELL, row)
    changed.write_text(f'{text[:at]}"request": "U"{text[at + len(M_CELL) :]}', encoding="utf-8")
    found = json.loads(run(path_of("node", "nodejs"), CELLS, changed, *VECTORS))
    assert [each["expected"] for each in found["different"]] == [["C-MOVE-RQ.MoveDestination.M"]]
