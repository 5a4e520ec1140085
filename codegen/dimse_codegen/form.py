"""What a value of a schema file may look like: the words in which `forms` declares every file.

The loader takes its keys, patterns and words from these declarations, and the JSON Schema for editors is printed from
them, so that the two cannot say different things.
"""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen


@frozen
class Words:
    """A scalar.

    Attributes:
        pattern: what the text has to be, as a whole; "" where any text will do.
        one_of: the texts that may stand here; () where there is no such list.
        example: one text, "" for none.
        unquoted: whether the text may be what YAML takes for a number, as the section 9.1; from 0 to this.
    """

    pattern: str = ""
    one_of: tuple[str, ...] = ()
    example: str = ""
    unquoted: float | None = None


@frozen
class Each:
    """A list, of any length from `at_least`."""

    of: Form
    at_least: int = 0
    at_most: int | None = None


@frozen
class Row:
    """A list of a known length: for each place what stands there and its form."""

    places: tuple[tuple[str, Form], ...]

    @property
    def text(self) -> str:
        """As people are told of it: [tag, VR, VM, keyword]; lists stand in brackets of their own."""
        return f"[{', '.join(f'[{name}]' if isinstance(of, Each) else name for name, of in self.places)}]"


@frozen
class Named:
    """A mapping whose keys are names of the schema's own."""

    of: Form
    name: Words = Words()


@frozen
class Either:
    """One form or another."""

    forms: tuple[Form, ...]


@frozen
class Key:
    """A key that the compiler reads; `says` is what an editor shows for it."""

    name: str
    says: str
    form: Form
    required: bool = True


@frozen
class Keys:
    """A mapping whose keys are known; of `one_of` exactly one has to be there."""

    keys: tuple[Key, ...]
    one_of: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The keys that have to be there, and the others."""
        required = tuple(key.name for key in self.keys if key.required)
        return required, tuple(key.name for key in self.keys if not key.required)


Form: TypeAlias = Words | Each | Row | Named | Either | Keys


@frozen
class Kind:
    """A kind of schema file.

    Attributes:
        name: of the kind, as `dimse-codegen schema --kind` takes it.
        files: where it stands in a schema directory, as a glob.
        says: what it holds.
        mark: the key by which a file of this kind is known; "" for the kind that is a list.
        form: of the whole file.
    """

    name: str
    files: str
    says: str
    mark: str
    form: Form
