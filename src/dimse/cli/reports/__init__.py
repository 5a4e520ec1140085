"""What `dimse check` and its like tell, one module a form; each is handed events as they come, and writes at once."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dimse.cli.output import Output
    from dimse.cli.reports.report import Report

# Form: its class, in the module of that name; imported when it is asked for.
FORMS = {"text": "Text", "json": "Json"}


def report_in(form: str, output: Output) -> Report:
    """A report in one of `FORMS`."""
    report: Report = getattr(import_module(f"dimse.cli.reports.{form}"), FORMS[form])(output)
    return report
