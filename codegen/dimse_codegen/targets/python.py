"""The Python package, as a target like any other."""

from __future__ import annotations

from dimse_codegen.render import render
from dimse_codegen.targets import Job


def package(job: Job) -> dict[str, str]:
    """The files of the package."""
    return render(job.schema, job.templates)
