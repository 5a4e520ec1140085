"""The wheel and the sdist: what is in them."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from .environments import ROOT

SOURCES = {
    "dimse": ROOT / "src" / "dimse",
    "dimse_codegen": ROOT / "codegen" / "dimse_codegen",
    "dimse_codegen/schema": ROOT / "schema",
}


def test_the_wheel_holds_the_runtime_the_compiler_and_the_schema(wheel: Path) -> None:
    """Every file of them is in the wheel, and no test or document is."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    expected = {
        f"{package}/{path.relative_to(source).as_posix()}"
        for package, source in SOURCES.items()
        for path in source.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert {"dimse/py.typed", "dimse_codegen/templates/service.py.j2", "dimse_codegen/schema/statuses.yaml"} <= names
    assert {"dimse/profiles/storage.py", "dimse_codegen/schema/profiles/storage.yaml"} <= names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_wheel_is_of_the_version_that_it_is_named_for(wheel: Path) -> None:
    """Name and metadata agree, and so does the sdist that it was built from."""
    version = wheel.name.split("-")[1]
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"dimse-{version}.dist-info/METADATA").decode()
    assert f"\nVersion: {version}\n" in metadata
    assert (ROOT / "dist" / f"dimse-{version}.tar.gz").is_file()


def test_the_sdist_holds_what_the_tests_need(wheel: Path) -> None:
    """Sources, schema, tests, vectors and documents, and nothing that was made in passing."""
    (built,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ("Makefile", "README.md", "schema/statuses.yaml", "tests/test_matrix.py", "vectors/messages.json")
    assert {*wanted, "docs/schema.md", "codegen/dimse_codegen/cli/compile.py"} <= names
    assert [name for name in names if "__pycache__" in name or name.startswith((".venv", "build", "dist"))] == []
