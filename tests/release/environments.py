"""Python environments of their own for the wheel, and the commands run in them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).resolve().parents[2]
CAPTURE = ROOT / "tests" / "captures" / "dcmjs_mpps_cancel.pcapng"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def pythons() -> dict[str, Path]:
    """The interpreters that are here, by version: those on the path, and pyenv's."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {}
    for version in VERSIONS:
        name = f"python{version}"
        candidates = [*map(Path, filter(None, [shutil.which(name)])), *sorted(kept.glob(f"{version}.*/bin/{name}"))]
        works = (each for each in candidates if _is_complete(each))
        for path in works:
            found[version] = path
            break
    return found


def _is_complete(python: Path) -> bool:
    """Whether it starts and makes environments: pyenv leaves scripts of versions that are not in force."""
    return subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0


@frozen
class Environment:
    """An environment: where it is, and an empty directory to work in."""

    home: Path
    work: Path

    def path(self, name: str) -> Path:
        """A script of it."""
        return self.home / ("Scripts" if os.name == "nt" else "bin") / name

    def run(self, name: str, *arguments: str | Path, code: int = 0) -> str:
        """Run a script, without what surrounds the tests, and give what it wrote; `code` is how it has to end."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
        kept["PATH"] = f"{self.path('')}{os.pathsep}{kept['PATH']}"
        done = subprocess.run(
            [self.path(name), *arguments], cwd=self.work, env=kept, capture_output=True, check=False, encoding="utf-8"
        )
        assert done.returncode == code, f"{name} {arguments} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def python(self, program: str) -> str:
        """Run a program, warnings being errors."""
        return self.run("python", "-W", "error", "-c", program)

    def installed(self) -> set[str]:
        """The distributions in it, but for what makes environments."""
        listed = self.run("python", "-m", "pip", "list", "--format", "freeze")
        return {line.partition("==")[0].lower() for line in listed.splitlines() if "==" in line} - {"pip", "setuptools"}


def make(python: Path, place: Path, *requirements: str) -> Environment:
    """An environment with so much installed in it."""
    environment = Environment(place / "environment", place / "work")
    environment.work.mkdir(parents=True)
    subprocess.run([python, "-m", "venv", environment.home], check=True)
    environment.run("python", "-m", "pip", "install", "--quiet", *requirements)
    return environment
