"""The summary of the page, as HTML that needs no script: a verdict, who broke what, the Associations, the findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from dimse.cli.output import STYLES, plain
from dimse.cli.reports.page.assembly import text
from dimse.cli.reports.page.tally import AssociationCount, Tally
from dimse.cli.reports.report import Summary
from dimse.cli.reports.sides import FAULT, Breach, Party

_MARKS = {"error": "✕", "warning": "!", "advisory": "i"}
_SHOWN_RULES = 12
_SHOWN_SIDES = 20
_SHOWN_MOST = 3  # rules of a side
_PLURALS = {"advisory": "advisories"}


def counted(number: int, one: str) -> str:
    """As "3 errors"."""
    return f"{number:,} {one if number == 1 else _PLURALS.get(one, f'{one}s')}"


def verdict(summary: Summary) -> tuple[str, str]:
    """How grave it is, and a sentence that says so."""
    of = f"{counted(summary.messages, 'message')} of {counted(summary.associations, 'Association')}"
    levels = [level for level in STYLES if summary.severities[level]]
    if levels:
        told = [counted(summary.severities[level], level) for level in levels]
        sides = summary.sides.by_title()
        by = [f"{plain(side.title)} {side.severities.total():,}" for side in sides[:3]]
        by += [f"others {rest:,}"] if (rest := sum(side.severities.total() for side in sides[3:])) else []
        by = by if len(sides) > 1 else [f"{plain(side.title)} all of it" for side in sides]
        return levels[0], f"{_listed(told)} in {of}. By side: {_listed(by)}."
    if not summary.messages:
        return "nothing", f"No message was found in {counted(summary.captures, 'capture')}."
    return "ok", f"Nothing is wrong with {of}."


def summary_html(summary: Summary, tally: Tally, left_out: Counter[str]) -> str:
    """The whole of it."""
    parts = [
        _verdict(summary, tally),
        _notes(summary, tally, left_out),
        _tiles(summary),
        _sides(summary.sides.by_title()),
        _rules(summary.sides.by_rule()),
        _associations(summary, tally),
        _findings(tally),
    ]
    return "".join(parts)


def _verdict(summary: Summary, tally: Tally) -> str:
    level, sentence = verdict(summary)
    head = {
        "error": "Rules were broken",
        "warning": "Something is doubtful",
        "advisory": "It conforms, with advice",
        "ok": "It conforms",
        "nothing": "Nothing to judge",
    }[level]
    named = tally.captures[:3]
    more = summary.captures + len(summary.unread) - len(named)
    paths = ", ".join(named) + (f" and {more:,} more" if more else "")
    return (
        f'<section class="verdict {level}" aria-labelledby="verdict"><p class="source">{text(paths)}</p>'
        f'<h1 id="verdict">{head}</h1><p class="sentence">{text(sentence)}</p></section>'
    )


def _notes(summary: Summary, tally: Tally, left_out: Counter[str]) -> str:
    notes = []
    if summary.gaps:
        told = "parts of the traffic were not captured; what was missed is held against nobody."
        notes.append(f"{counted(summary.gaps, 'gap')}: {told}")
    if summary.encrypted:
        notes.append(f"{counted(summary.encrypted, 'connection')} spoke TLS and cannot be read.")
    if summary.unread:
        named = ", ".join(plain(path) for path in summary.unread[:5])
        notes.append(f"{counted(len(summary.unread), 'capture')} could not be read and judged whole: {named}.")
    if left_out["messages"]:
        told = f"{counted(left_out['messages'], 'message')} of {summary.messages:,} were counted and are not listed"
        bad = f"; {left_out['broken']:,} of them broke a rule" if left_out["broken"] else ", and all of them are clean"
        notes.append(f"The page is bounded: {told}{bad}.")
    if left_out["events"]:
        notes.append(f"The page is bounded: {left_out['events']:,} beginnings, ends, gaps and faults are not listed.")
    if len(tally.findings) < (broken := summary.severities.total()):
        notes.append(f"Without script, the first {len(tally.findings):,} of {broken:,} findings are listed.")
    items = "".join(f"<li>{text(note)}</li>" for note in notes)
    return f'<ul class="notes" aria-label="What to know">{items}</ul>' if items else ""


def _tiles(summary: Summary) -> str:
    tiles = [("capture", summary.captures), ("Association", summary.associations), ("message", summary.messages)]
    plain_tiles = "".join(_tile(number, name, "") for name, number in tiles)
    numbers = summary.severities
    grave = "".join(_tile(numbers[level], level, level if numbers[level] else "") for level in STYLES)
    rest = [("gap", summary.gaps), ("fault", summary.faults), ("TLS connection", summary.encrypted)]
    rare = "".join(_tile(number, name, "") for name, number in rest if number)
    return f'<ul class="tiles" aria-label="Counts">{plain_tiles}{grave}{rare}</ul>'


def _tile(number: int, name: str, level: str) -> str:
    figure, _, words = counted(number, name).partition(" ")
    inner = f"<b>{figure}</b> <span>{words}</span>"
    if level:
        inner = f'<a href="#severity={level}">{inner}</a>'
    return f'<li class="{level}">{inner}</li>'


def _sides(found: list[Party]) -> str:
    rows = (
        (
            _link("side", plain(side.title)),
            *(f"{side.severities[level]:,}" for level in STYLES),
            text(", ".join(each.rule for each in _most(side.breaches.values())[:_SHOWN_MOST])),
        )
        for side in found[:_SHOWN_SIDES]
    )
    more = f" (the worst {_SHOWN_SIDES} of {len(found):,})" if len(found) > _SHOWN_SIDES else ""
    heads = ("AE", "Errors", "Warnings", "Advisories", "Broke most often")
    return _table("sides", f"Which side broke what{more}", heads, rows, numbers=(1, 2, 3))


def _most(breaches: Iterable[Breach]) -> list[Breach]:
    return sorted(breaches, key=lambda each: (each.times, each.rule), reverse=True)


def _rules(found: list[Breach]) -> str:
    rows = (
        (
            badge(breach.severity),
            _link("rule", breach.rule),
            f"{breach.times:,}",
            text(_first(breach.rule, breach.example.text)),
            text(breach.section),
        )
        for breach in found[:_SHOWN_RULES]
    )
    more = f" (the first {_SHOWN_RULES} of {len(found)})" if len(found) > _SHOWN_RULES else ""
    heads = ("Severity", "Rule", "Count", "For example", "Section")
    return _table("rules", f"What is wrong, by rule{more}", heads, rows, numbers=(2,))


def _first(rule: str, said: str) -> str:
    told = plain(said)
    return f"no PDU, or no message: {told}" if rule == FAULT else told if len(told) <= 200 else f"{told[:200]}..."


def _associations(summary: Summary, tally: Tally) -> str:
    listed = len(tally.associations)
    more = f" (the first {listed} of {summary.associations:,})" if listed < summary.associations else ""
    several = len(tally.captures) > 1
    heads = (*(("Capture",) if several else ()), "", "From", "To", "Messages", "Ended", "Verdict")
    rows = ((*((str(line.capture + 1),) if several else ()), *_association(line)) for line in tally.associations)
    return _table("associations", f"Associations{more}", heads, rows, numbers=(3 + several,))


def _association(line: AssociationCount) -> tuple[str, ...]:
    association = line.association
    ends = (
        f"{text(plain(name))}<small>{text(address)}</small>"
        for name, address in (
            (association.name("requestor"), association.requestor),
            (association.name("acceptor"), association.acceptor),
        )
    )
    levels = [(level, line.severities[level]) for level in STYLES if line.severities[level]]
    told = " ".join(badge(level, counted(number, level)) for level, number in levels)
    number = f'<a href="#{line.anchor}">A{association.number}</a>'
    return number, *ends, f"{line.messages:,}", text(line.how or "under way"), told or badge("ok", "nothing wrong")


def _findings(tally: Tally) -> str:
    rows = (
        (badge(v.severity), text(anchor), text(side), text(plain(v.text)), text(plain(v.rule)), text(plain(v.section)))
        for anchor, side, v in tally.findings
    )
    heads = ("Severity", "Where", "By", "What", "Rule", "Section")
    return f"<noscript>{_table('findings', 'Findings', heads, rows)}</noscript>" if tally.findings else ""


def badge(level: str, words: str = "") -> str:
    """A severity in a word and a sign, so that colour alone says nothing."""
    mark = text(_MARKS.get(level, "✓"))
    return f'<span class="badge {level}"><span aria-hidden="true">{mark}</span> {text(words or level)}</span>'


def _link(kind: str, name: str) -> str:
    return f'<a href="#{kind}={quote(name, safe="")}">{text(name).replace(".", ".<wbr>")}</a>'


def _table(
    name: str, title: str, heads: Iterable[str], rows: Iterator[tuple[str, ...]], numbers: tuple[int, ...] = ()
) -> str:
    heads = list(heads)
    labels = [f'{_number(at in numbers)} data-label="{each}"' if each else "" for at, each in enumerate(heads)]
    body = "".join(
        f"<tr>{''.join(f'<td{label}>{cell}</td>' for label, cell in zip(labels, row, strict=True))}</tr>"
        for row in rows
    )
    if not body:
        return ""
    head = "".join(
        f'<th scope="col"{_number(at in numbers)}>{each or "<span class=hidden>Number</span>"}</th>'
        for at, each in enumerate(heads)
    )
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{text(title)}</h2>'
        f'<div class="scroll" tabindex="0" role="group" aria-labelledby="{name}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></section>"
    )


def _number(is_one: bool) -> str:
    return ' class="number"' if is_one else ""


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
