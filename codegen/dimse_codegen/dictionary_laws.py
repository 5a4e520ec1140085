"""The laws of the command dictionary and of the statuses."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Iterator

from dimse_codegen import forms
from dimse_codegen.forms import PARAMETER_VRS
from dimse_codegen.law import class_of, law, nearest, unknown
from dimse_codegen.model import Dictionary, Element, Schema
from dimse_codegen.problem import Text
from dimse_codegen.shipped import as_shipped, is_own, shipped_services

TAKEN_BY_CHECKS = (*PARAMETER_VRS, "BYTES")
# What stands beside the status classes in their module.
TAKEN_BY_STATUSES = ("ASSIGNED", "CLASSES", "TYPES")


@law("EDITION_SAME", "All files transcribe one edition, so that every citation can be looked up in one document.")
def _edition_same(schema: Schema) -> Iterator[tuple[Text, str]]:
    edition = schema.dictionary.edition
    for other in _editions(schema):
        if other != edition and not is_own(schema, other):
            yield edition, f"edition is {edition}, that of {other.at.path.name} as it came is {other}; copy that too"
        elif other != edition:
            yield other, f"edition is {other}, the command dictionary's is {edition}"


@law("EDITION_FORM", "An edition is the standard's: a year and a letter, as 2026c.")
def _edition_form(schema: Schema) -> Iterator[tuple[Text, str]]:
    for edition in [schema.dictionary.edition, *_editions(schema)]:
        if not re.fullmatch(forms.EDITION, edition):
            yield edition, f"'{edition}' is no edition; write a year and a letter, as 2026c"


@law("NAME_FORM", "A name in the dictionary is a printable line of 64 characters at most, and names one entry.")
def _name_form(schema: Schema) -> Iterator[tuple[Text, str]]:
    names = [*(element.name for element in schema.dictionary.elements), *schema.dictionary.data_sets]
    counts = Counter(str(name) for name in names)
    for name in names:
        if not name.isprintable() or " ".join(name.split()) != name or len(name) > 64:
            yield name, f"'{name}' is no name; one is printable, with single spaces, of 64 characters at most"
        if counts[name] > 1:
            yield name, f"'{name}' names {counts[name]} entries"


@law("TAG_UNIQUE", "An element's tag stands in the dictionary once.")
def _tag_unique(schema: Schema) -> Iterator[tuple[Text, str]]:
    counts = Counter(element.tag for element in schema.dictionary.elements)
    for element in schema.dictionary.elements:
        if counts[element.tag] > 1:
            yield (
                element.name,
                f"({element.tag >> 16:04X},{element.tag & 0xFFFF:04X}) stands {counts[element.tag]} times",
            )


@law("KEYWORD_UNIQUE", "A keyword names one element or Data Set: it becomes an attribute.")
def _keyword_unique(schema: Schema) -> Iterator[tuple[Text, str]]:
    keywords = [element.keyword for element in schema.dictionary.elements]
    keywords += schema.dictionary.data_sets.values()
    counts = Counter(str(word) for word in keywords)
    for word in keywords:
        if counts[word] > 1:
            yield word, f"keyword {word} stands {counts[word]} times"


@law("KEYWORD_IS_NAME", "A keyword is a Python name that begins with a capital, and no name that the classes use.")
def _keyword_is_name(schema: Schema) -> Iterator[tuple[Text, str]]:
    taken = ("None", "True", "False")
    words = [element.keyword for element in schema.dictionary.elements]
    for word in [*words, *schema.dictionary.data_sets.values()]:
        named = re.fullmatch(forms.KEYWORD, word) and not keyword.iskeyword(word) and word not in taken
        if not named or word.isupper():
            yield word, f"'{word}' is no keyword; one reads MessageID or MoveDestination, in 64 letters at most"


@law("VR_KNOWN", "A parameter's VR is one whose values the generated classes can check.")
def _vr_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    for element in schema.dictionary.elements:
        if not element.retired and element.vr not in PARAMETER_VRS:
            yield element.vr, f"VR {element.vr} is none of {', '.join(PARAMETER_VRS)}"


@law("VM_KNOWN", "A VM is 1 or 1-n; tags alone come in lists.")
def _vm_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    for element in schema.dictionary.elements:
        if element.vm not in forms.VMS or (not element.retired and (element.vm == "1-n") != (element.vr == "AT")):
            yield element.vm, f"VM {element.vm} with VR {element.vr}; 1-n goes with AT and 1 with every other VR"


@law(
    "VALUES_USED",
    "Allowed values and defaults belong to a US element of the dictionary, a default to an allowed value.",
)
def _values_used(schema: Schema) -> Iterator[tuple[Text, str]]:
    dictionary = schema.dictionary
    for name in [*dictionary.values, *dictionary.defaults]:
        element = dictionary.element(name)
        if element is None or element.vr != "US":
            yield name, f"'{name}' is no element of VR US"
    for name, word in dictionary.defaults.items():
        allowed = dictionary.values.get(name, {})
        if word not in allowed:
            yield word, f"'{word}' is no value of {name}; one of {', '.join(allowed) or 'none'}"


@law(
    "DICTIONARY_USED", "Every element and Data Set name is used by a message or a status type: an unused one is a slip."
)
def _dictionary_used(schema: Schema) -> Iterator[tuple[Text, str]]:
    used = {str(name) for service in schema.services for message in service.messages for name in message.fields}
    used |= {part for status_type in schema.statuses.types for name in status_type.fields for part in name.split("/")}
    unused = [entry for entry in _entries(schema.dictionary) if entry[0] not in used]
    shipped = as_shipped(schema) if unused else None
    came = _entries(shipped.dictionary) if shipped else []
    for entry in unused:
        if entry not in came:
            yield entry[0], f"'{entry[0]}' is used by no message and no status type"


@law(
    "NAME_KNOWN", "Every parameter and message field is in the dictionary: its tag, VR and keyword are looked up there."
)
def _name_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    known = {str(element.name) for element in schema.dictionary.elements if not element.retired}
    known |= set(schema.dictionary.data_sets)
    for service in schema.services:
        names = [parameter.name for parameter in service.parameters]
        names += [name for message in service.messages for name in message.fields]
        yield from unknown(names, known, "the command dictionary")
    for status_type in schema.statuses.types:
        for name in status_type.fields:
            for part in name.split("/"):
                if part not in known:
                    yield name, f"'{part}' is not in the command dictionary{nearest(part, known)}"


@law("STATUS_CLASS_KNOWN", "A status type is of a class of Annex C, and its code of the same class.")
def _status_class_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    classes = schema.statuses.classes
    for status_type in schema.statuses.types:
        if status_type.status_class not in classes:
            yield status_type.status_class, f"'{status_type.status_class}' is no class; one of {', '.join(classes)}"
        elif status_type.code is not None:
            actual = class_of(schema, status_type.code)
            if actual != status_type.status_class:
                yield (
                    status_type.code,
                    f"{status_type.code} is of class {actual or 'none'}, not {status_type.status_class}",
                )


@law("STATUS_CLASS_NAME", "A status class is a word of its own: it becomes a name in the generated code.")
def _status_class_name(schema: Schema) -> Iterator[tuple[Text, str]]:
    for name in schema.statuses.classes:
        if not re.fullmatch(forms.CLASS_NAME, name) or name.upper() in TAKEN_BY_CHECKS + TAKEN_BY_STATUSES:
            yield name, f"'{name}' is no class name; one reads Success or Pending"


@law("STATUS_TYPE_NAME", "A status type has a name: a printable line of 64 characters at most.")
def _status_type_name(schema: Schema) -> Iterator[tuple[Text, str]]:
    for status_type in schema.statuses.types:
        name = status_type.name
        if not name.isprintable() or " ".join(name.split()) != name or not 0 < len(name) <= 64:
            yield name, f"'{name}' is no name; one is printable, with single spaces, of 64 characters at most"


@law("ASSIGNED_CODES_CLASSED", "Each code that a Service Class may assign is listed under a status class.")
def _assigned_codes_classed(schema: Schema) -> Iterator[tuple[Text, str]]:
    listed = {str(pattern) for patterns in schema.statuses.classes.values() for pattern in patterns}
    for pattern in schema.statuses.assigned_by_service_class:
        if pattern not in listed:
            yield pattern, f"'{pattern}' is listed under no class"


@law("STATUS_ASSIGNABLE", "A status type without a code is of a class with codes that a Service Class may assign.")
def _status_assignable(schema: Schema) -> Iterator[tuple[Text, str]]:
    assigned = {str(pattern) for pattern in schema.statuses.assigned_by_service_class}
    for status_type in schema.statuses.types:
        patterns = schema.statuses.classes.get(status_type.status_class, ())
        if status_type.code is None and not assigned & {str(pattern) for pattern in patterns}:
            yield status_type.name, f"no Service Class may assign a code of class {status_type.status_class}"


@law("STATUS_TYPE_KNOWN", "A service answers with status types of Annex C, each named once.")
def _status_type_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    known = {str(status_type.name) for status_type in schema.statuses.types}
    for service in schema.services:
        yield from unknown(service.status_types, known, "Annex C")
        for name, count in Counter(service.status_types).items():
            if count > 1:
                yield name, f"'{name}' is listed {count} times"


@law("STATUS_TYPE_USED", "Every status type is one that some service answers with.")
def _status_type_used(schema: Schema) -> Iterator[tuple[Text, str]]:
    used = {str(name) for service in schema.services for name in service.status_types}
    unused = [status_type for status_type in schema.statuses.types if status_type.name not in used]
    shipped = as_shipped(schema) if unused else None
    for status_type in unused:
        if shipped is None or status_type not in shipped.statuses.types:
            yield status_type.name, f"'{status_type.name}' is answered by no service"


@law(
    "ONLY_IN_USED",
    "A field that only one service's responses may carry is a field of a status type, and that a service.",
)
def _only_in_used(schema: Schema) -> Iterator[tuple[Text, str]]:
    fields = {str(name) for status_type in schema.statuses.types for name in status_type.fields}
    services = {str(service.name) for service in schema.services}
    for name, service in schema.statuses.only_in.items():
        if name not in fields:
            yield name, f"'{name}' is a field of no status type"
        if service not in services and service not in shipped_services(schema):
            yield service, f"'{service}' is no service here"


def _entries(dictionary: Dictionary) -> list[tuple[Text, Element | Text]]:
    """What may stand in a message: elements and Data Sets, each under its name."""
    elements = [(element.name, element) for element in dictionary.elements if not element.retired]
    return [*elements, *dictionary.data_sets.items()]


def _editions(schema: Schema) -> list[Text]:
    """The edition of every file but the dictionary."""
    services = [service.edition for service in schema.services]
    return [
        schema.statuses.edition,
        schema.rules.edition,
        *services,
        *(each.edition for each in schema.service_classes),
        *(profile.edition for profile in schema.profiles),
    ]
