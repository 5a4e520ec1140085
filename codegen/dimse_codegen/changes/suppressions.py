"""`accepted_changes.yaml`: the breaks since the last release that are meant, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from dimse_codegen.changes.compare import Change
from dimse_codegen.changes.kinds import KINDS
from dimse_codegen.law import nearest
from dimse_codegen.problem import Problem, SchemaError, Text
from dimse_codegen.yaml_source import Source

ACCEPTED_CHANGES = "accepted_changes.yaml"
# What an entry that matches nothing is reported as.
UNUSED = "ACCEPTED_UNUSED"
UNUSED_PURPOSE = "An accepted change is one that there is; what is not needed any more is taken out."


@frozen
class Suppression:
    """An entry: the kind of the change, where it is, and why it is meant."""

    kind: Text
    where: Text
    reason: Text

    def fits(self, change: Change) -> bool:
        """Whether it speaks of a change."""
        return change.kind.breaking and self.kind == change.kind.id and self.where == change.where


def read(root: Path) -> tuple[Suppression, ...]:
    """The entries of a schema directory, none where it has no such file.

    Raises:
        SchemaError: not of the form, a rule that there is not, or one that breaks nothing.
    """
    path = root / ACCEPTED_CHANGES
    if not path.exists():
        return ()
    source = Source.open(path)
    found = []
    for entry in source.items(source.root):
        fields = source.fields(entry, ("rule", "where", "reason"))
        texts = [source.text(fields[key]) for key in ("rule", "where", "reason") if key in fields]
        if len(texts) == 3:
            found.append(Suppression(*texts))
    for each in found:
        if each.kind and each.kind not in KINDS:
            reason = f"'{each.kind}' is no kind of change{nearest(each.kind, {*KINDS})}"
            source.problems.append(Problem(each.kind.at, "NAME_KNOWN", reason))
        elif each.kind and not KINDS[each.kind].breaking:
            source.problems.append(Problem(each.kind.at, "NAME_KNOWN", f"{each.kind} breaks nothing; leave it out"))
    if source.problems:
        raise SchemaError(source.problems)
    return tuple(found)


def unused(suppressions: Sequence[Suppression], changes: Sequence[Change]) -> list[Suppression]:
    """The entries that speak of no change, or of one that an earlier entry speaks of."""
    free = [*changes]
    left = []
    for entry in suppressions:
        meant = next((change for change in free if entry.fits(change)), None)
        if meant is None:
            left.append(entry)
        else:
            free.remove(meant)
    return left
