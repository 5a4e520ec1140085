"""What `dimse check` and its like tell, one module a form; each is handed events as they come, and writes at once."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dimse.cli.output import Output
    from dimse.cli.reports.report import Report

# Form: its class, in the module of that name; imported when it is asked for.
FORMS = {"text": "Text", "json": "Json", "junit": "Junit", "sarif": "Sarif", "html": "Html"}
# Forms that tell passed from failed, and have to know from which severity on.
_FAILING = ("junit",)


def report_in(form: str, output: Output, failing: Collection[str] = ("error",)) -> Report:
    """A report in one of `FORMS`; `failing` are the severities to fail on."""
    make = getattr(import_module(f"dimse.cli.reports.{form}"), FORMS[form])
    report: Report = make(output, failing) if form in _FAILING else make(output)
    return report
