"""pynetdicom's DIMSE layer on our codec, put in place and taken away again.

pynetdicom makes a message of a primitive, the message bytes, the bytes a message, and that a primitive. Each step goes
through a pydicom `Dataset`, and that is nearly all that it costs. Five functions are replaced, all in
`pynetdicom.dimse_messages`: the two that convert, the two that pydicom's reading and writing hide behind, and the one
that begins a message. How messages are cut into PDVs and joined, files written and sent in chunks, events triggered,
stays pynetdicom's own, and so do its classes: isinstance checks, in its code and in its users', hold as before.

Whatever is odd goes pynetdicom's own way: a Command Set about which anything is unusual, a value that ours would not
take, a Command Set that somebody has looked at and may have changed. So what pynetdicom's users know of it stays true.

The replacements take objects of either making. Messages that are under way while the layer is put in place or taken
away arrive.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from threading import RLock
from typing import Any

import pynetdicom
from pydicom.dataset import Dataset
from pynetdicom import dimse_messages

from dimse.errors import DecodeError
from dimse.pynetdicom.command_set import UnreadCommandSet
from dimse.pynetdicom.forms import Form, forms
from dimse.services import decode as decode_command_set

# The versions of pynetdicom whose insides are known.
KNOWN = "3.0."

_lock = RLock()
# How many `with installed()` blocks are open; they may overlap in several threads.
_blocks: list[object] = []
# Whether it is to stay behind them.
_stays: list[bool] = []
# What was there before, by owner and name; empty while nothing is in place.
_before: dict[tuple[Any, str], Any] = {}
_ours: dict[tuple[Any, str], Any] = {}
_forms: dict[str, Form] = {}


class UnknownVersionWarning(RuntimeWarning):
    """pynetdicom has a version whose insides are not known here, and was left as it is."""


def install() -> bool:
    """Let pynetdicom's DIMSE layer use our codec, in the whole process and at once.

    May be called before or after other modules import pynetdicom, from any thread, and more than once.

    Returns:
        Whether it is in place. It is not for a pynetdicom other than 3.0.x: that gives an `UnknownVersionWarning`, and
        pynetdicom goes on as it is.
    """
    if not pynetdicom.__version__.startswith(KNOWN):
        text = f"dimse knows pynetdicom {KNOWN}x and leaves {pynetdicom.__version__} as it is"
        warnings.warn(text, UnknownVersionWarning, stacklevel=2)
        return False
    with _lock:
        _stays[:] = [True]
        _put()
    return True


def uninstall() -> None:
    """Give pynetdicom back what `install` has replaced; nothing where nothing is.

    What others have put in the place of ours meanwhile is left to them.
    """
    with _lock:
        _stays.clear()
        _take()


def is_installed() -> bool:
    """Whether our codec is in place."""
    return bool(_before)


@contextmanager
def installed() -> Iterator[bool]:
    """Our codec within a `with` block, in the whole process; it stays behind it where `install` has been called.

    Blocks may overlap, in one thread or in several: the last one that ends takes it away.
    """
    block = object()
    with _lock:
        stays = bool(_stays)
        done = install()
        if not stays:
            _stays.clear()
        _blocks.append(block)
    try:
        yield done
    finally:
        with _lock:
            _blocks.remove(block)
            if not _blocks and not _stays:
                _take()


def _put() -> None:
    if _before:
        return
    _forms.update(forms())
    for (owner, name), replacement in _replacements().items():
        _before[owner, name] = vars(owner)[name]
        _ours[owner, name] = replacement
        setattr(owner, name, replacement)


def _take() -> None:
    for (owner, name), original in _before.items():
        if vars(owner)[name] is _ours[owner, name]:
            setattr(owner, name, original)
    _before.clear()


def _replacements() -> dict[tuple[Any, str], Any]:
    module: Any = dimse_messages
    message = module.DIMSEMessage
    begin, to_primitive = message.__init__, message.message_to_primitive
    from_primitive, read, write = message.primitive_to_message, module.decode, module.encode

    def __init__(self: Any) -> None:
        if type(self).__name__ not in _forms:
            begin(self)
            return
        self.context_id = None
        self.encoded_command_set = BytesIO()
        self.data_set = BytesIO()
        self._data_set_path = self._data_set_file = None
        self.command_set = UnreadCommandSet(make=partial(_begun, begin, type(self)))

    def decode(bytestring: BytesIO, implicit: bool, little: bool, deflated: bool = False) -> Any:
        encoded = bytestring.getvalue()
        if implicit and little and not deflated:
            try:
                primitive = decode_command_set(encoded)
            except DecodeError:
                pass
            else:
                if not primitive.anomalies and not primitive.residue:
                    bytestring.seek(0, 2)
                    return UnreadCommandSet(encoded, primitive)
        return read(bytestring, implicit, little, deflated)

    def encode(ds: Dataset, implicit: bool, little: bool, deflated: bool = False) -> Any:
        if type(ds) is UnreadCommandSet and implicit and little and not deflated:
            encoded = ds.__dict__.get("encoded")
            if encoded is not None:
                return encoded
        return write(ds, implicit, little, deflated)

    def message_to_primitive(self: Any) -> Any:
        source = vars(self.command_set).get("source")
        form = _forms.get(type(self).__name__)
        if form is None or type(source) is not form.service:
            return to_primitive(self)
        primitive = form.primitive_of(source)
        if primitive is None:
            return to_primitive(self)
        if form.data_set:
            setattr(primitive, form.data_set, self.data_set)
        primitive._context_id = self.context_id
        primitive._dataset_path = self._data_set_path
        primitive._dataset_file = self._data_set_file
        return primitive

    def primitive_to_message(self: Any, primitive: Any) -> None:
        form = _forms.get(type(self).__name__)
        if form is None or type(self.command_set) is not UnreadCommandSet:
            from_primitive(self, primitive)
            return
        data_set = getattr(primitive, form.data_set) if form.data_set else None
        path = getattr(primitive, "_dataset_path", None)
        # To pynetdicom any BytesIO is a Data Set, an empty one too.
        message = form.message_of(primitive, b"" if data_set or path else None)
        if message is None:
            from_primitive(self, primitive)
            return
        self.command_set = UnreadCommandSet(message.encode(), message)
        self.data_set = data_set if form.data_set else BytesIO()
        self._data_set_path = path

    methods = (__init__, message_to_primitive, primitive_to_message)
    return {
        **{(message, function.__name__): function for function in methods},
        (module, "decode"): decode,
        (module, "encode"): encode,
    }


def _begun(begin: Any, message: Any) -> Dataset:
    """The Command Set of a message of which nothing has been set."""
    blank = message.__new__(message)
    begin(blank)
    made: Dataset = blank.command_set
    return made
