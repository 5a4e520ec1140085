"""What `dimse show` found, to read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dimse.cli.output import STYLES, Output

_GLYPHS = "M mandatory, U user option, C conditional, - shall not be present, (=) equal to the request's."


def write(found: dict[str, Any], output: Output) -> None:
    """Write facts of `show` to read."""
    _WRITERS[found["kind"]](found, output)


def table(rows: list[list[str]], output: Output) -> None:
    """Rows in columns, the first row as heads."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        output.line((text, "" if number else "bold"))


def _services(found: dict[str, Any], output: Output) -> None:
    rows = [[each["service"], each["table"], ", ".join(each["messages"])] for each in found["services"]]
    table([["Service", "PS3.7", "Messages"], *rows], output)
    output.line()
    table([["Profile", "Module"], *([each["profile"], each["module"]] for each in found["profiles"])], output)


def _profile(found: dict[str, Any], output: Output) -> None:
    output.line((f"{found['profile']}: {found['section']}", "bold"))
    output.line(found["summary"])
    for service in found["services"]:
        output.line()
        output.line((service["service"], "bold"), f" of {', '.join(service['sop_classes'])}")
        for change in found["changes"]:
            if change["service"] == service["service"]:
                relaxed = " (relaxed)" * change["relaxed"]
                output.line(f"{change['what']}: {change['base']} > {change['here']}{relaxed}")
                output.line((f"    {change['reason']} ({change['section']})", "dim"))
        if service["rows"]:
            output.line()
            heads = ["Parameter", *service["columns"]]
            table([heads, *([row["name"], *(cell or "" for cell in row["cells"])] for row in service["rows"])], output)
            _conditions(service["rows"], output)


def _service(found: dict[str, Any], output: Output) -> None:
    output.line((f"{found['service']}: {found['table']}", "bold"))
    heads = ["Parameter", "Tag", "VR", *found["columns"], "Section"]
    rows = [
        [
            row["name"],
            row["tag"] or "",
            row["vr"],
            *(cell or "" for cell in row["cells"]),
            row["section"] + " (Annex C)" * row["status_related"],
        ]
        for row in found["rows"]
    ]
    table([heads, *rows], output)
    output.line((_GLYPHS, "dim"))
    _conditions(found["rows"], output)
    if found["statuses"]:
        output.line()
        rows = [[each["type"], each["class"], each["code"] or "", each["section"]] for each in found["statuses"]]
        table([["Status type", "Class", "Code", "Section"], *rows], output)
    output.line()
    output.line(f"Messages: {', '.join(found['messages'])}")


def _conditions(rows: Iterable[dict[str, Any]], output: Output) -> None:
    told = [(row["name"], text, row["section"]) for row in rows if (text := _condition(row))]
    if told:
        output.line()
        output.line(("Conditions of the C cells", "bold"))
    for name, text, section in told:
        output.line(f"{name}: {text} ({section})")


def _condition(row: dict[str, Any]) -> str:
    said = [f"{word} while {row[f'{word}_while']}" for word in ("required", "permitted") if row[f"{word}_while"]]
    return ", ".join(said)


def _message(found: dict[str, Any], output: Output) -> None:
    output.line((f"{found['message']}: {found['table']}, Command Field {found['command_field']}", "bold"))
    output.line(f"Data Set: {found['data_set']}")
    rows = [[r["tag"] or "", r["name"], r["vr"], r["vm"], r["cell"] or "", r["section"]] for r in found["parameters"]]
    table([["Tag", "Parameter", "VR", "VM", "Cell", "Section"], *rows], output)
    output.line((_GLYPHS, "dim"))
    _conditions(found["parameters"], output)
    output.line()
    output.line(("Rules", "bold"))
    for rule in (each for row in found["parameters"] for each in row["rules"]):
        _rule_line(rule, output)
    for rule in found["rules"]:
        _rule_line(rule, output)


def _rule_line(rule: dict[str, Any], output: Output) -> None:
    text = f"{rule['rule']}: {rule['purpose']} ({rule['section']})"
    output.line((f"{rule['severity']:8}", STYLES[rule["severity"]]), f"  {text}")


def _element(found: dict[str, Any], output: Output) -> None:
    retired = ", retired" if found["retired"] else ""
    output.line((f"{found['tag']} {found['name']}", "bold"))
    output.line(f"{found['keyword']}, VR {found['vr']}, VM {found['vm']}{retired} ({found['section']})")
    if found["values"]:
        output.line(f"one of {', '.join(found['values'])}")
    for used in found["used"]:
        cells = ", ".join(f"{head} {cell}" for head, cell in used["cells"].items())
        condition = f": {text}" if (text := _condition(used)) else ""
        output.line(f"  {used['service']:15} {cells} ({used['section']}){condition}")


def _status(found: dict[str, Any], output: Output) -> None:
    output.line((f"{found['status']}: {found['class'] or 'of no status class'}", "bold"))
    rows = [[e["service"], e["type"], e["meaning"], e["section"], ", ".join(e["fields"])] for e in found["services"]]
    if rows:
        table([["Service", "Type", "Meaning", "Section", "Fields permitted"], *rows], output)
    else:
        output.line("No service answers with it.")


def _rule(found: dict[str, Any], output: Output) -> None:
    output.line((found["rule"], "bold"))
    output.line((found["severity"], STYLES[found["severity"]]), f", {found['section']}")
    output.line(found["purpose"])
    if found["statuses"]:
        output.line(f"To be refused with, the first that the service has: {', '.join(found['statuses'])}")


def _rules(found: dict[str, Any], output: Output) -> None:
    for rule in found["rules"]:
        _rule_line(rule, output)


_WRITERS = {
    "services": _services,
    "service": _service,
    "message": _message,
    "element": _element,
    "status": _status,
    "profile": _profile,
    "rule": _rule,
    "rules": _rules,
}
