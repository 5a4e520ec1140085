"""Changes as findings: what is reported of each, and which of them fail."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from attrs import frozen

from dimse_codegen.changes.compare import NOTHING, Change
from dimse_codegen.changes.kinds import KINDS
from dimse_codegen.changes.sources import Other
from dimse_codegen.changes.suppressions import UNUSED, UNUSED_PURPOSE, Suppression, unused
from dimse_codegen.findings import Finding, Report

RULES = {kind.id: kind.purpose for kind in KINDS.values()} | {UNUSED: UNUSED_PURPOSE}


@frozen
class Verdict:
    """What is to be said, and whether it fails."""

    report: Report
    broken: bool


def judge(
    changes: Sequence[Change], other: Other, accepted: Sequence[Suppression], failing: Collection[str], version: str
) -> Verdict:
    """What `breaking` says of changes.

    Args:
        changes: from the other schema to ours.
        other: the schema compared with.
        accepted: the entries of `accepted_changes.yaml`.
        failing: the classes of which a break fails.
        version: of the compiler.
    """
    found = [_finding(change, other, accepted, failing) for change in changes]
    found.sort(key=lambda each: (each.level != "error", bool(each.accepted)))
    for each in unused(accepted, changes):
        text = f"{each.kind} at '{each.where}' is no change since {other.name}; take it out"
        found.append(Finding(UNUSED, "error", text, each.kind.at))
    errors = [each for each in found if each.level == "error" and not each.accepted]
    summary = _summary(changes, other, found, len(errors))
    return Verdict(Report("breaking", version, RULES, found, summary), bool(errors))


def _finding(change: Change, other: Other, accepted: Sequence[Suppression], failing: Collection[str]) -> Finding:
    kind = change.kind
    fails = kind.breaking and not {*kind.classes}.isdisjoint(failing)
    was = NOTHING if change.old == NOTHING else other.told(change.was)
    return Finding(
        kind.id,
        "error" if fails else "warning" if kind.breaking else "note",
        f"{change.where}: {_difference(change)} [{' '.join(kind.classes)}{', breaking' * kind.breaking}]",
        change.at,
        (*[f"was at {was}"] * (was != NOTHING), f"callers: {kind.callers}", f"peers: {kind.peers}"),
        {
            "where": change.where,
            "old": change.old,
            "new": change.new,
            "was": was,
            "classes": [*kind.classes],
            "breaking": kind.breaking,
            "callers": kind.callers,
            "peers": kind.peers,
        },
        next((str(each.reason) for each in accepted if each.fits(change)), ""),
    )


def _difference(change: Change) -> str:
    return f"{change.old} -> {change.new}"


def _summary(changes: Sequence[Change], other: Other, found: Sequence[Finding], errors: int) -> str:
    breaking = sum(change.kind.breaking for change in changes)
    accepted = sum(bool(each.accepted) for each in found)
    count = f"{len(changes)} change{'s' * (len(changes) != 1)}"
    told = f"{count} since {other.name}: {breaking} breaking, {accepted} accepted"
    borrowed = sorted({
        part.edition.at.path.name
        for part in (other.schema.dictionary, other.schema.statuses, other.schema.rules)
        if not part.edition.at.path.is_relative_to(other.directory)
    })  # fmt: skip
    if borrowed:
        told += f"\n{other.name} has no {', '.join(borrowed)}: what comes with this compiler stood in for it"
    return told if not errors else f"{told}\n{errors} to mend or to accept in accepted_changes.yaml, with the reason"
