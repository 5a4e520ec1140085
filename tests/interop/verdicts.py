"""What peers do wrong, argued one by one in `verdicts.json`, and what was found laid beside it.

An entry has the program, the message, the rule and its section, the tests in which it comes up, and why the standard is
against it. With the version of a program for which the file was written a test finds what is listed, no more and no
less; with another version, no more. What stands there of pynetdicom its Service Classes ask for, and not our layer.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dimse.pynetdicom import Report

from .ends import OURS
from .judged import Finding, Talk
from .programs import version

GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
Facts = tuple[str, str, str, str]


def check(talk: Talk, test: str) -> None:
    """Nobody breaks a rule but those that are argued for this test."""
    argued = {facts(**entry) for entry in GOLDEN["verdicts"] if test in entry["tests"]}
    unheard_of = [finding for finding in talk.findings if of(finding) not in argued]
    if unheard_of:
        pytest.fail("\n".join(["verdicts.json does not argue", *map(str, unheard_of)]), pytrace=False)
    lost = argued - {of(finding) for finding in talk.findings}
    lost = {each for each in lost if version(each[0]) == GOLDEN["versions"][each[0]]}
    assert lost == set(), "a violation that verdicts.json lists for this test, and that did not come up"


def agree(talk: Talk, reports: list[Report]) -> None:
    """A watch at our end says of every message what the judge of the wire says."""
    wire = Counter(
        (heard.program == OURS, heard.name, tuple(sorted(finding.rule for finding in heard.findings)))
        for heard in talk.messages
        if OURS in heard.programs
    )
    ends = Counter(
        (report.is_ours, name_of(report), tuple(sorted(violation.rule for violation in report.violations)))
        for report in reports
    )
    assert ends == wire, f"at our ends alone: {ends - wire}; on the wire alone: {wire - ends}"


def name_of(report: Report) -> str:
    """The message that a report is of, "" for none."""
    return "" if report.message is None else report.message.MESSAGES[report.message.role].NAME


def of(finding: Finding) -> Facts:
    """What a finding has in common with an entry."""
    return finding.program, finding.message, finding.rule, finding.section


def facts(*, program: str, message: str, rule: str, section: str, **_: object) -> Facts:
    """What an entry has in common with a finding."""
    return program, message, rule, section
