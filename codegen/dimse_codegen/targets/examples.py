"""Examples for the pages of services and rules, in the form of doctest, with what they have to print.

What is expected comes from the schema and from the encoder of the vectors, never from the package that is run: so that
the examples are a test of it.
"""

from __future__ import annotations

from textwrap import wrap

from dimse_codegen.ir import Rule, Service
from dimse_codegen.model import Schema
from dimse_codegen.rule_catalogue import Cell
from dimse_codegen.vectors.encode import Value
from dimse_codegen.vectors.scene import Scene

# Bytes as hexadecimal digits, so many characters a line.
_BYTES = 71


def examples(schema: Schema, service: Service, package: str) -> tuple[str, ...]:
    """The examples of a service, for the package that was compiled from the schema: lines of one doctest each."""
    model = next(each for each in schema.services if each.name == service.name)
    scene = Scene(schema, model)
    names = dict.fromkeys((_class(service.name), _class(scene.name(scene.opening)), "decode"))
    shown = [
        _told(f"from {package} import {', '.join(names)}", ""),
        _told(f"print({_class(service.name)}.TABLE)", _matrix(service)),
        _built(scene),
        _bytes(scene),
        _absent(scene, _class(service.name)),
    ]
    if "response" in scene.messages:
        shown += [_answered(scene, code) for code in _codes(scene)]
    return tuple(each for each in shown if each)


def looked_up(rule: Rule, package: str) -> str:
    """The example of a rule: what the package has under its ID."""
    steps = [
        _told(f"from {package} import RULES", ""),
        _told(f"rule = RULES[{rule.id!r}]", ""),
        _told("print(rule.severity, rule.section, *rule.statuses, sep='; ')",
              "; ".join((rule.severity, rule.section, *rule.statuses))),
    ]  # fmt: skip
    return "\n".join(steps)


def _class(name: str) -> str:
    return name.replace("-", "_")


def _told(code: str, printed: str) -> str:
    """One statement, its further lines indented already, and what it prints."""
    lines = code.split("\n")
    return "\n".join([f">>> {lines[0]}", *(f"... {line}" for line in lines[1:]), *([printed] if printed else [])])


def _matrix(service: Service) -> str:
    """The matrix as text."""
    lines = [("Parameter", *(column.head for column in service.columns))]
    lines += [(row.name, *(cell.text for cell in row.cells)) for row in service.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    printed = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in lines]
    rule = "  ".join("-" * width for width in widths)
    added = [number for number, row in enumerate(service.rows) if row.added]
    if added:
        printed.insert(1 + added[0], f"{rule}  (Annex C)")
    printed.insert(1, rule)
    return "\n".join(line.rstrip() for line in printed)


def _arguments(values: dict[str, Value]) -> str:
    """Values as arguments: one on the line, several one a line."""
    given = [f"{keyword}={_literal(keyword, value)}" for keyword, value in values.items()]
    return given[0] if len(given) == 1 else "".join(f"\n    {each}," for each in given) + "\n"


def _literal(keyword: str, value: Value) -> str:
    return f"0x{value:04X}" if keyword == "Status" and isinstance(value, int) else repr(value)


def _built(scene: Scene) -> str:
    """The first message, of its mandatory parameters, against which nothing can be said."""
    name = scene.name(scene.opening)
    made = _told(f"rq = {_class(name)}({_arguments(scene.request())})", "")
    return f"{made}\n{_told('rq.violations()', '()')}"


def _bytes(scene: Scene) -> str:
    """Its Command Set, and what is read from it."""
    lines = "\n    ".join(wrap((scene.step(scene.opening, scene.request()).command or b"").hex(" "), _BYTES))
    encoded = _told(f'rq.encode() == bytes.fromhex("""\n    {lines}\n""")', "True")
    return f"{encoded}\n{_told('decode(rq.encode()).role', repr(scene.opening))}"


def _absent(scene: Scene, name: str) -> str:
    """What is said of a primitive without anything."""
    opening = scene.opening
    defaults = {scene.schema.dictionary.keyword(each) for each in scene.schema.dictionary.defaults}
    missing = [c for c in scene.cells[opening] if c.glyph.startswith("M") and c.keyword not in defaults]
    printed = [f"{scene.name(opening)}.{c.keyword}.{c.glyph}\n    {_absence(c)}" for c in missing]
    code = f"for each in {name}().violations({opening!r}):\n    print(each.rule, each, sep='\\n    ')"
    return _told(code, "\n".join(printed)) if printed else ""


def _absence(cell: Cell) -> str:
    fixed = f" {cell.fixed}" if cell.fixed else ""
    return f"{cell.keyword} is {cell.glyph}{fixed} and absent ({cell.section})"


def _codes(scene: Scene) -> list[int]:
    """Success; and Pending, where the service has it and it is assigned."""
    pending = next((code for code in scene.codes if scene.status_class(code) == "Pending"), None)
    return [0, *([pending] if pending is not None else [])]


def _answered(scene: Scene, code: int) -> str:
    """A response of what is demanded of it, whatever repeats the request left to `respond`."""
    cells = {cell.keyword: cell for cell in scene.cells["response"]}
    values = scene.response(scene.request(), code)
    given = {key: value for key, value in values.items() if key == "Status" or not _repeats(cells[key], scene)}
    made = _told(f"rsp = rq.respond({_arguments(given)})", "")
    return f"{made}\n{_told('rsp.violations(request=rq)', '()')}"


def _repeats(cell: Cell, scene: Scene) -> bool:
    return cell.source in scene.request()
