"""The wheel: what is in it, and that the compiler works from it alone, far from any checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OFFLINE = ("No matching distribution found", "Failed to establish a new connection", "Temporary failure in name")


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command without the environment of this one; the test is skipped where the package index is away."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=False, encoding="utf-8")
    if done.returncode and any(words in done.stdout + done.stderr for words in OFFLINE):
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_holds_the_runtime_the_compiler_and_the_schema(wheel: Path) -> None:
    """Modules, templates, schema and typing markers are in the wheel, and no test or document is."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    sources = {
        "dimse": ROOT / "src" / "dimse",
        "dimse_codegen": ROOT / "codegen" / "dimse_codegen",
        "dimse_codegen/schema": ROOT / "schema",
    }
    expected = {
        f"{package}/{path.relative_to(source).as_posix()}"
        for package, source in sources.items()
        for path in source.rglob("*")
        if path.is_file() and path.suffix in (".py", ".j2", ".yaml", ".json", ".typed")
    }
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert {"dimse/py.typed", "dimse_codegen/templates/service.py.j2", "dimse_codegen/schema/statuses.yaml"} <= names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_compiler_works_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """In a fresh environment and an empty directory: lint, generate, check, and import what was generated."""
    home, empty = tmp_path / "venv", tmp_path / "empty"
    venv.create(home, with_pip=True)
    empty.mkdir()
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    run(scripts / "python", "-m", "pip", "install", "--quiet", f"{wheel}[codegen]", cwd=empty)

    compiler = scripts / "dimse-codegen"
    assert "obeys all" in run(compiler, "lint", cwd=empty)
    assert run(compiler, "--version", cwd=empty).startswith("dimse-codegen, version ")
    run(compiler, "generate", "--out", "pkg", cwd=empty)
    run(compiler, "check", "--out", "pkg", cwd=empty)
    printed = {path.name: path.read_bytes() for path in (empty / "pkg").iterdir()}
    assert printed == {path.name: path.read_bytes() for path in (ROOT / "src" / "dimse" / "services").glob("*.py")}

    use = (
        "import dimse, pkg; print(pkg.C_ECHO_RQ(MessageID=1, AffectedSOPClassUID='1.2').encode().hex(), dimse.__file__)"
    )
    encoded, place = run(scripts / "python", "-W", "error", "-c", use, cwd=empty).split()
    assert encoded.startswith("000000000400000")
    assert place.startswith(str(home))


def test_the_runtime_works_without_the_compiler(wheel: Path, tmp_path: Path) -> None:
    """Without its extras the wheel brings attrs and pydicom alone, and decodes."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path)
    listed = run(python, "-m", "pip", "list", "--format", "freeze", cwd=tmp_path)
    installed = {line.partition("==")[0].lower() for line in listed.splitlines()}
    assert installed - {"pip", "setuptools"} <= {"attrs", "dimse", "pydicom"}
    use = "import dimse; rq = dimse.C_ECHO_RQ(MessageID=1, AffectedSOPClassUID='1.2'); print(dimse.decode(rq.encode()))"
    assert run(python, "-W", "error", "-c", use, cwd=tmp_path).startswith("<C-ECHO request")
