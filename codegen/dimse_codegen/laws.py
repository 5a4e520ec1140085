"""The laws of a schema: each has an ID, a sentence of purpose, and a check that yields what breaks it.

Laws of form (`KEY_KNOWN`, `CELL_KNOWN`, ...) are applied while a file is read; the others need the whole model.
"""

from __future__ import annotations

from dimse_codegen import dictionary_laws, profile_laws, rule_laws, service_class_laws, service_laws
from dimse_codegen.law import LAWS, Law
from dimse_codegen.model import Schema
from dimse_codegen.problem import Problem
from dimse_codegen.shipped import is_own

# What reading itself enforces, listed here so that `lint` can show every law there is.
LAWS_OF_FORM = [
    Law("FILE_READABLE", "A schema file can be opened, is UTF-8 and has a million bytes at most."),
    Law("YAML_SYNTAX", "A schema file is YAML 1.2, one document, not empty."),
    Law("YAML_ALIAS", "A schema has no anchors and aliases: what is written is what holds, in its place."),
    Law("YAML_TAG", "A schema has no YAML tags: a value is the text that stands there."),
    Law("SERVICES_PRESENT", "A schema directory has at least one service."),
    Law("KEY_REPEATED", "No key stands twice: the later one would hide the earlier."),
    Law("KEY_KNOWN", "Every key is one that the compiler reads: a misspelt one would be lost."),
    Law("KEY_MISSING", "Every key that the compiler needs is there."),
    Law("VALUE_KIND", "A text, a list or a mapping stands where one is wanted."),
    Law(
        "CELL_KNOWN",
        "Every cell is a glyph of the standard: '-', M, U, C, (=) behind one of them, MF or UF with a value.",
    ),
    Law("TAG_FORM", "A tag is written as the standard prints it, '(0000,0110)'."),
    Law("CODE_FORM", "A code is written as the standard prints it, 0021H, and a range of codes Bxxx."),
    Law("SECTION_FORM", "A section is a number of the standard's, 9.1.4.1.8 or C.4.1."),
    Law("DATA_SET_RULE", "A message has a Data Set always, never or conditional."),
    Law(
        "CONDITION_SYNTAX", "A condition is written in the closed vocabulary, so that it can be compiled and read out."
    ),
    Law("STATUSES_GIVEN", "A status table of PS3.4 is written out, or said to be as another one is."),
    Law("ROW_DESCRIBED", "Every row has a section and a sentence, and every sentence a row."),
]
LAWS[:0] = LAWS_OF_FORM


def lint(schema: Schema) -> list[Problem]:
    """Everything in a model that breaks a law, in order of file and line; of profiles, where nothing else does."""
    return lint_services(schema) or lint_profiles(schema)


def lint_services(schema: Schema) -> list[Problem]:
    """What breaks a law, but for the profiles: they may have to follow a service that has changed."""
    return _broken(schema, of_profiles=False)


def lint_profiles(schema: Schema) -> list[Problem]:
    """What breaks a law of profiles, in a schema whose services obey theirs."""
    return _broken(schema, of_profiles=True)


def _broken(schema: Schema, *, of_profiles: bool) -> list[Problem]:
    checks = [(law.id, law.check) for law in LAWS if law.check is not None and law.of_profiles == of_profiles]
    found = [(id, text, reason) for id, check in checks for text, reason in check(schema)]
    # What came with the compiler is no user's to mend; where it lies in the schema's directory, it is the schema's own.
    return sorted(Problem(text.at, id, reason) for id, text, reason in found if of_profiles or is_own(schema, text))


__all__ = [
    "LAWS",
    "dictionary_laws",
    "lint",
    "lint_profiles",
    "lint_services",
    "profile_laws",
    "rule_laws",
    "service_class_laws",
    "service_laws",
]
