"""The schema to compare with: in a commit, a directory or a wheel.

What a commit or a wheel holds is read in memory, within bounds; of it, YAML files of a schema alone are laid out in a
directory for temporary files, under names that are checked, and read from there. No work tree is touched.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from attrs import frozen

from dimse_codegen.laws import lint
from dimse_codegen.load import SERVICES, load
from dimse_codegen.model import Schema
from dimse_codegen.problem import Mark, SchemaError
from dimse_codegen.yaml_source import MAX_SIZE

# No schema comes near: files of one, and entries of a wheel or a commit.
MAX_FILES = 2_000
MAX_ENTRIES = 200_000
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.yaml")
_REGULAR = ("100644", "100755")


class SourceError(Exception):
    """The other schema cannot be had: what was asked for, and why not."""


@frozen
class Other:
    """A schema from elsewhere: what people call it, where its files really lay, and where they lie for reading."""

    name: str
    schema: Schema
    home: str
    directory: Path

    def told(self, mark: Mark) -> str:
        """A place in it, as people know it; one in the compiler's own schema as it is."""
        return _told(mark, self.directory, self.home)


def _told(mark: Mark, directory: Path, home: str) -> str:
    if not mark.path.is_relative_to(directory):
        return str(mark)
    return f"{home}{mark.path.relative_to(directory).as_posix()}:{mark.line}:{mark.column}"


@contextmanager
def opened(against: str, schema: Path) -> Iterator[Other]:
    """The schema that `against` names: a directory, a wheel, else a commit of the repository that `schema` is in.

    Args:
        against: what the user wrote.
        schema: directory of the schema that is compared; a commit is searched for the same path.

    Raises:
        SourceError: nothing of that name, nothing like a schema in it, or one that breaks a law.
    """
    if not against.strip():
        raise SourceError("the name of what to compare with is empty")
    path = Path(against)
    if path.is_dir():
        root = _in_project(path)
        yield Other(against, _linted(root, root, f"{root.as_posix()}/"), f"{root.as_posix()}/", root)
        return
    if path.suffix == ".whl" or path.is_file():
        files, home = _wheel(path)
    else:
        files, home = _commit(against, schema)
    with tempfile.TemporaryDirectory(prefix="dimse-codegen-") as made:
        root = Path(made) / "schema"
        for name, data in files.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        yield Other(against, _linted(root, root, home), home, root)


def _linted(root: Path, directory: Path, home: str) -> Schema:
    """A schema that obeys every law; what it breaks is told with the names its files have."""
    try:
        schema = load(root)
        problems = lint(schema)
        if problems:
            raise SchemaError(problems)
    except SchemaError as error:
        told = [f"{_told(each.at, directory, home)}: {each.law}: {each.text}" for each in error.problems]
        count = f"{len(told)} problem{'s' * (len(told) > 1)}"
        raise SourceError("\n".join([*told, f"{count} in the schema to compare with, {home}"])) from None
    return schema


def _in_project(path: Path) -> Path:
    """The schema directory: the one given, the one its pyproject.toml names, or `schema` in it."""
    candidates = [path]
    project = path / "pyproject.toml"
    if project.is_file():
        named = _configured(project.read_bytes(), str(project))
        candidates += [path / named] if named else []
    candidates.append(path / "schema")
    for each in candidates:
        if any((each / SERVICES).glob("*.yaml")):
            return each
    tried = ", ".join(str(each / SERVICES) for each in dict.fromkeys(candidates))
    raise SourceError(f"{path}: no schema here; there is no YAML file in {tried}")


def _configured(data: bytes, where: str) -> str | None:
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except ValueError as error:
        raise SourceError(f"{where}: {error}") from None
    for name in ("tool", "dimse-codegen"):
        table = table.get(name, {}) if isinstance(table, dict) else {}
    found = table.get("schema") if isinstance(table, dict) else None
    return found if isinstance(found, str) else None


def _within(root: PurePosixPath, path: PurePosixPath) -> str | None:
    """The path of a schema's file in the schema, None for any other file."""
    if not path.is_relative_to(root) or not _NAME.fullmatch(path.name):
        return None
    parts = path.relative_to(root).parts
    return "/".join(parts) if len(parts) == 1 or (len(parts) == 2 and _NAME.fullmatch(f"{parts[0]}.yaml")) else None


def _bounded(names: Iterable[str], where: str) -> None:
    if len([*names]) > MAX_FILES:
        raise SourceError(f"{where}: more than {MAX_FILES} YAML files; no schema has so many")


# A wheel


def _wheel(path: Path) -> tuple[dict[str, bytes], str]:
    """The files of the one schema in a wheel."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise SourceError(f"{path}: more than {MAX_ENTRIES} entries; no wheel has so many")
            root = _root_in([each.filename for each in entries], str(path))
            wanted = {
                name: each for each in entries if (name := _within(root, PurePosixPath(each.filename))) is not None
            }
            _bounded(wanted, str(path))
            return {name: _entry(archive, each, path) for name, each in wanted.items()}, f"{path}!{root}/"
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        # RuntimeError: encrypted; NotImplementedError: compressed in a way that zipfile does not know; ValueError: a
        # name or date that is none.
        raise SourceError(f"{path}: not to be read as a wheel: {error or type(error).__name__}") from None


def _root_in(names: list[str], where: str) -> PurePosixPath:
    """The directory that holds `services/*.yaml`; a path that leads out of the archive is no place for one."""
    paths = [PurePosixPath(name) for name in names]
    roots = sorted({
        path.parent.parent
        for path in paths
        if path.parent.name == SERVICES and _NAME.fullmatch(path.name) and ".." not in path.parts
        and not path.is_absolute()
    })  # fmt: skip
    if not roots:
        raise SourceError(f"{where}: no schema in it; a schema has YAML files in a directory {SERVICES}")
    if len(roots) > 1:
        raise SourceError(f"{where}: more than one schema in it: {', '.join(map(str, roots))}")
    return roots[0]


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> bytes:
    """A file of a wheel; what it says of its size is not trusted."""
    with archive.open(entry) as file:
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise SourceError(f"{path}!{entry.filename}: more than {MAX_SIZE} bytes; no file of a schema is so large")
    return data


# A commit


def _commit(reference: str, schema: Path) -> tuple[dict[str, bytes], str]:
    """The files of the schema of a commit: at the path that it has now, else where pyproject.toml said then."""
    start = next((each for each in (schema.absolute(), *schema.absolute().parents) if each.is_dir()), Path.cwd())
    top = _git(start, "rev-parse", "--show-toplevel", why=f"{reference}: no such directory or wheel, and no commit:")
    found = _git(
        start, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}",
        why=f"{reference}: no such directory or wheel, and no commit of {_line(top)}; a shallow clone lacks some",
    )  # fmt: skip
    commit, root = _line(found), Path(_line(top))
    places = [PurePosixPath(schema.resolve().relative_to(root.resolve()).as_posix())] if _inside(schema, root) else []
    for place in places:
        for project in (place.parent, *place.parent.parents):
            data = _blobs(root, commit, {"it": str(project / "pyproject.toml")}).get("it")
            named = _configured(data, f"{reference}:{project}/pyproject.toml") if data else None
            if named:
                places.append(project / named)
                break
        break
    for place in dict.fromkeys(places):
        files = _tree(root, commit, place, reference)
        if any(name.startswith(f"{SERVICES}/") for name in files):
            return files, f"{reference}:{place}/"
    tried = " and ".join(map(str, dict.fromkeys(places))) or "it"
    raise SourceError(f"{reference}: no schema in this commit; looked for YAML files in {SERVICES} of {tried}")


def _inside(schema: Path, root: Path) -> bool:
    return schema.resolve().is_relative_to(root.resolve())


def _tree(root: Path, commit: str, place: PurePosixPath, reference: str) -> dict[str, bytes]:
    path = [] if str(place) == "." else [f"{place}/"]
    listed = _git(
        root, "--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", commit, "--", *path,
        why=f"{reference}: cannot be listed:",
    )  # fmt: skip
    wanted: dict[str, str] = {}
    for entry in listed.decode("utf-8", "surrogateescape").split("\0"):
        head, _, name = entry.partition("\t")
        inner = _within(place, PurePosixPath(name)) if name else None
        if inner is None:
            continue
        if head.split()[0] not in _REGULAR:
            raise SourceError(f"{reference}:{name}: a link or submodule; a schema has files alone")
        wanted[inner] = name
    _bounded(wanted, reference)
    return _blobs(root, commit, wanted)


def _blobs(root: Path, commit: str, names: Mapping[str, str]) -> dict[str, bytes]:
    """The files of a commit that are there, by the key of their name."""
    found = {}
    for key, name in names.items():
        size = _git_quiet(root, "cat-file", "-s", f"{commit}:{name}")
        if size is None:
            continue
        if int(size) > MAX_SIZE:
            raise SourceError(f"{commit[:12]}:{name}: {int(size)} bytes; a schema file has {MAX_SIZE} at most")
        found[key] = _git(root, "cat-file", "blob", f"{commit}:{name}", why=f"{commit[:12]}:{name}: cannot be read:")
    return found


def _git_quiet(directory: Path, *arguments: str) -> bytes | None:
    try:
        return _git(directory, *arguments, why="")
    except SourceError:
        return None


def _git(directory: Path, *arguments: str, why: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(directory), *arguments], capture_output=True, check=False)
    except OSError as error:
        raise SourceError(f"{why} git cannot be run: {error.strerror}") from None
    except ValueError:
        raise SourceError(f"{why} a name has a character that no name has") from None
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise SourceError(f"{why} {said}".strip())
    return done.stdout


def _line(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape").rstrip("\n")
