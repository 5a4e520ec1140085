"""Profiles wherever traffic is read: streams, several processes, what goes through a tap; and in every report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import taps
from dimse.cli.commands import dimse
from dimse.cli.reports.sarif import _descriptor
from test_capture import CAPTURES
from test_capture_streams import streams

# An N-ACTION of action type 9, with which PS3.7 is content and PS3.4 is not.
CAPTURE = CAPTURES / "stgcmt_orthanc.pcapng"
PROFILE = ("--profile", "storage_commitment")
BROKEN = "ActionTypeID is MF 1 and has 9 (PS3.4 J.3.2.1.2)"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(dimse, [str(each) for each in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_streams(tmp_path: Path) -> None:
    """What each side sent, without packets: judged by itself, by a profile where one is named."""
    for number, (requestor, acceptor) in enumerate(streams("stgcmt_orthanc")):
        (tmp_path / f"{number}.requestor.bin").write_bytes(requestor)
        (tmp_path / f"{number}.acceptor.bin").write_bytes(acceptor)
    assert run("check", tmp_path)[0] == 0
    status, output = run("check", *PROFILE, tmp_path)
    assert (status, output.count(BROKEN)) == (1, 1)


def test_processes(tmp_path: Path) -> None:
    """Two processes judge by the profile as one does."""
    for number in range(3):
        (tmp_path / f"{number}.pcapng").write_bytes(CAPTURE.read_bytes())
    one, two = (run("check", *PROFILE, "--jobs", jobs, tmp_path) for jobs in (1, 2))
    assert one == two
    assert (one[0], one[1].count(BROKEN)) == (1, 3)


@pytest.mark.parametrize("options", [(), PROFILE], ids=["without", "with"])
def test_a_tap(options: tuple[str, ...]) -> None:
    """What goes through is judged by the profile, the same bytes as in the capture."""
    said = taps.streams(taps.captured(CAPTURE))[2]

    async def played() -> tuple[int, str]:
        async with taps.accepting() as (port, taken):
            with taps.running("--listen", f"{taps.HOST}:0", "--to", f"{taps.HOST}:{port}", *options) as tap:
                await taps.play(tap.ports[0], said, taken)
                return tap.end(), tap.output

    status, output = taps.run(played())
    assert (status, output.count(BROKEN)) == ((1, 1) if options else (0, 0))


def test_a_tap_names_what_is_no_profile() -> None:
    """It does not begin to listen, and says which profiles there are."""
    status, output = run("tap", "--profile", "nothing", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:1")
    assert status == 2
    assert "'nothing' is no profile" in output
    assert "study_root_query_retrieve" in output


@pytest.mark.parametrize("form", ["json", "junit", "html"])
def test_reports_cite_the_profiles_document(form: str) -> None:
    """A rule that a profile tightens stands in every report with the section of the profile's document."""
    status, output = run("check", *PROFILE, "--format", form, CAPTURE)
    assert status == 1
    assert "PS3.4 J.3.2.1.2" in output
    assert "PS3.4 J.3.2.1.2" not in run("check", "--format", form, CAPTURE)[1]


def test_sarif_links_to_the_profiles_document() -> None:
    """Help for such a rule is that section's own anchor in PS3.4; what is of no part of the standard has no link."""
    log = json.loads(run("check", *PROFILE, "--format", "sarif", CAPTURE)[1])
    (rule,) = log["runs"][0]["tool"]["driver"]["rules"]
    assert rule["id"] == "N-ACTION-RQ.ActionTypeID.MF"
    assert rule["helpUri"].endswith("/part04.html#sect_J.3.2.1.2")
    assert log["runs"][0]["results"][0]["properties"]["section"] == "PS3.4 J.3.2.1.2"
    own = _descriptor("C-STORE-RQ.Priority.M", "error", "ACME DCS 7 3.1.2")
    assert own["help"]["text"].startswith("ACME DCS 7 3.1.2. ")
    assert "helpUri" not in own
    assert _descriptor("C-STORE-RQ.Priority.M", "error", "")["helpUri"].endswith("part07.html#sect_9.1.1.1.5")
