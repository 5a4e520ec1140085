"""The JSON Schema for editors against the loader: on every schema file, every lint case, and files changed at will."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dimse_codegen.form import Each, Either, Form, Keys, Kind, Named, Row
from dimse_codegen.forms import KINDS
from dimse_codegen.json_schema import FILE, file_schema, kind_schema, printed
from dimse_codegen.laws import LAWS
from dimse_codegen.load import load
from dimse_codegen.problem import SchemaError
from test_laws import CASES, OURS, PROFILES, SMALL, change, report, small

WHOLE = Draft7Validator(file_schema())
BY_KIND = {kind: Draft7Validator(kind_schema(kind)) for kind in KINDS}

# Laws of form that the JSON Schema of one file cannot know, and why.
UNSEEN = {
    "KEY_REPEATED": "a mapping has lost its second key before JSON Schema sees it; editors report it themselves",
    "YAML_ALIAS": "an alias is resolved before",
    "YAML_SYNTAX": "what is no YAML is reported by the editor's reader; a bare - and a surrogate it reads",
    "YAML_TAG": "a tag is applied, or refused, before",
    "ROW_DESCRIBED": "the keys of two mappings are compared",
    "CONDITION_SYNTAX": "a grammar with brackets is more than a pattern",
}
# Of whole directories, or of bytes that are no text.
OF_DIRECTORIES = {"SERVICES_PRESENT", "FILE_READABLE"}
OF_FORM = {law.id for law in LAWS if law.check is None} - OF_DIRECTORIES


def kind_of(path: Path, root: Path) -> Kind:
    """The kind of a file, by where it stands in a schema directory."""
    return next(kind for kind in KINDS if path.relative_to(root).match(kind.files))


def files(root: Path) -> list[Path]:
    return sorted(root.rglob("*.yaml"))


def read(path: Path) -> Any:
    """A YAML file as an editor reads it: numbers and truth values resolved."""
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def refusals(path: Path, root: Path) -> list[str]:
    """What the JSON Schema of its kind says against a file; that of all kinds must refuse it, too."""
    value = read(path)
    found = [error.message for error in BY_KIND[kind_of(path, root)].iter_errors(value)]
    assert bool(found) == any(True for _ in WHOLE.iter_errors(value))
    return found


def forms_of(form: Form) -> Iterator[Form]:
    """A form and all that it is made of."""
    yield form
    parts: tuple[Form, ...] = ()
    if isinstance(form, Keys):
        parts = tuple(key.form for key in form.keys)
    elif isinstance(form, Row):
        parts = tuple(of for _, of in form.places)
    elif isinstance(form, Either):
        parts = form.forms
    elif isinstance(form, Each | Named):
        parts = (form.of,)
    for part in parts:
        yield from forms_of(part)


@pytest.mark.parametrize("root", [OURS, SMALL, CASES], ids=["ours", "small", "profiles"])
def test_every_schema_file_is_accepted(root: Path) -> None:
    """What the loader accepts is accepted, every file by the schema of its kind and by that of all kinds."""
    assert files(root)
    assert [refusal for path in files(root) for refusal in refusals(path, root)] == []


@pytest.mark.parametrize(
    ("law", "case"),
    [
        pytest.param(path.stem, case.strip("\n"), id=f"{path.stem} {number}")
        for path in sorted(CASES.glob("*.txt"))
        for number, case in enumerate(path.read_text(encoding="utf-8").split("\n\n"), 1)
    ],
)
def test_a_fault_of_form_is_refused(law: str, case: str, tmp_path: Path) -> None:
    """A lint case of a law of form is refused in the file it is in, but for the laws that are listed with a reason."""
    root = small(tmp_path)
    hunk: list[str] = []
    for line in case.split("\n"):
        if not line.startswith(("-", "+")):
            if len(hunk) > 1:
                change(root, hunk)
            hunk = [] if ": " in line else [line]
        else:
            hunk.append(line)
    said: list[str] = []
    for path in files(root):
        try:
            said += refusals(path, root)
        except YAMLError as error:
            assert law in UNSEEN  # it is the reader that refuses
            said.append(str(error))
    assert report(root)  # so whatever is refused here, the loader refuses too
    if law in OF_FORM:
        assert bool(said) or law in UNSEEN


def test_what_cannot_be_seen_is_of_form() -> None:
    """Every law that is listed as out of sight is one of form, and none is listed that is gone."""
    assert set(UNSEEN) <= OF_FORM


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of everything in a document."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield from paths(part, (*at, key))


# By the place in a schema directory: the files of the small schema, and its profile.
TEXTS = {
    path.relative_to(root): YAML(typ="base", pure=True).load(path.read_text(encoding="utf-8"))
    for root, found in ((SMALL, files(SMALL)), (CASES, files(PROFILES)))
    for path in found
}
PLACES = [(path, place) for path, value in TEXTS.items() for place in paths(value)]
REPLACEMENTS: list[Any] = [
    "delete",
    "add",
    "",
    " ",
    "x!",
    "FF00H",
    "9.1",
    "M",
    [],
    ["x"],
    [[]],
    {},
    {"x": "y"},
    {"x": {}},
]


def changed(value: Any, place: tuple[Any, ...], by: Any) -> Any:
    """A document with one thing put in place of another, taken out or put in; all its scalars stay texts."""
    if not place:
        return {**value, "x": "y"} if by == "add" and isinstance(value, dict) else value if by == "delete" else by
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(place) == 1 and by == "delete":
        del copy[place[0]]
    else:
        copy[place[0]] = changed(value[place[0]], place[1:], by)
    return copy


@settings(max_examples=100, deadline=None)
@given(where=st.sampled_from(PLACES), by=st.sampled_from(REPLACEMENTS))
def test_loader_and_json_schema_agree_on_changed_files(where: tuple[Path, tuple[Any, ...]], by: Any) -> None:
    """What JSON Schema refuses the loader refuses, and what the loader refuses for its form JSON Schema refuses."""
    path, place = where
    with tempfile.TemporaryDirectory() as folder:
        root = small(Path(folder))
        target = root / path
        target.write_text(json.dumps(changed(TEXTS[path], place, by)), encoding="utf-8")  # JSON is YAML
        said = refusals(target, root)
        try:
            load(root)
            of_form = set()
        except SchemaError as error:
            of_form = {problem.law for problem in error.problems} & OF_FORM - set(UNSEEN)
        assert said or not of_form
        assert not said or report(root)


def test_every_key_has_a_hover() -> None:
    """Every key of every kind says what it is for, in a sentence."""
    for kind in KINDS:
        for form in forms_of(kind.form):
            for key in form.keys if isinstance(form, Keys) else ():
                assert key.says[0].isupper()
                assert key.says.endswith(".")
                assert len(key.says) > len(key.name)


def test_the_file_is_in_sync_and_is_a_schema() -> None:
    """The file in our schema directory is what is printed, and is JSON Schema of draft 07."""
    assert (OURS / FILE).read_text(encoding="utf-8") == printed(file_schema())
    Draft7Validator.check_schema(file_schema())
    for kind in KINDS:
        Draft7Validator.check_schema(kind_schema(kind))


def test_our_files_name_their_schema() -> None:
    """Every file of ours begins with the line by which an editor finds the schema of its kind."""
    for path in files(OURS):
        up = "../" * (len(path.relative_to(OURS).parts) - 1) or "./"
        expected = f"# yaml-language-server: $schema={up}{FILE}#/definitions/{kind_of(path, OURS).name}"
        assert path.read_text(encoding="utf-8").splitlines()[0] == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [("command_dictionary", "elements: {A: ['(0000,0001)', US, 1, A], B: ['(0000,0002)', AT, 1-n, B]}"),
     ("service", "section: 9.1"), ("service", "edition: 2026"), ("service_class", "sop_classes: {A: 1.2}")],
)  # fmt: skip
def test_what_yaml_takes_for_a_number_may_stand(kind: str, text: str) -> None:
    """The loader takes scalars as they were written; so a number is no fault where its text may stand."""
    ((key, value),) = YAML(typ="safe", pure=True).load(text).items()
    of = next(each for each in KINDS if each.name == kind)
    assert list(Draft7Validator(kind_schema(of)["properties"][key]).iter_errors(value)) == []
