"""DIMSE, the messages of DICOM (PS3.7): classes printed from the standard's own tables, and a codec for them.

This is the whole public face; everything else may move. A name imports its module when it is first used.
"""

from typing import TYPE_CHECKING

from dimse import services
from dimse.lazy import attach

if TYPE_CHECKING:
    from dimse.assembler import Assembler
    from dimse.codec import Codec
    from dimse.command_set import Anomaly, RawElement
    from dimse.comment import FittedComment, fit_error_comment
    from dimse.conversation import Conversation, Judgement
    from dimse.errors import (
        DecodeError,
        DimseError,
        ParameterError,
        ParameterTypeError,
        ParameterValueError,
        RoleError,
        UsageError,
    )
    from dimse.joiner import Assembled
    from dimse.message import Cancel, Message, Request, Response
    from dimse.operation import Moves, Operation
    from dimse.parameter import Row, Table
    from dimse.pdv import PDV, FragmentError, PDataTF, to_pdus, to_pdvs
    from dimse.primitive import Primitive
    from dimse.refusal import Answer, Refusals
    from dimse.rule import Rule
    from dimse.rules import Rules
    from dimse.services import *  # noqa: F403  (their names stand in services.__all__)
    from dimse.severities import Severities
    from dimse.sink import Collect, Drop, Sink, Spool, Stream, Views
    from dimse.status import Status
    from dimse.version import __version__
    from dimse.violation import Violation

_MODULES = {
    "assembler": ("Assembler",),
    "codec": ("Codec",),
    "command_set": ("Anomaly", "RawElement"),
    "comment": ("FittedComment", "fit_error_comment"),
    "conversation": ("Conversation", "Judgement"),
    "errors": (
        "DecodeError",
        "DimseError",
        "ParameterError",
        "ParameterTypeError",
        "ParameterValueError",
        "RoleError",
        "UsageError",
    ),
    "joiner": ("Assembled",),
    "message": ("Cancel", "Message", "Request", "Response"),
    "operation": ("Moves", "Operation"),
    "parameter": ("Row", "Table"),
    "pdv": ("PDV", "FragmentError", "PDataTF", "to_pdus", "to_pdvs"),
    "primitive": ("Primitive",),
    "refusal": ("Answer", "Refusals"),
    "rule": ("Rule",),
    "rules": ("Rules",),
    "severities": ("Severities",),
    "sink": ("Collect", "Drop", "Sink", "Spool", "Stream", "Views"),
    "status": ("Status",),
    "version": ("__version__",),
    "violation": ("Violation",),
    "services": services.__all__,
}
__getattr__, __dir__ = attach(__name__, _MODULES)

__all__ = [
    "PDV",
    "Anomaly",
    "Answer",
    "Assembled",
    "Assembler",
    "Cancel",
    "Codec",
    "Collect",
    "Conversation",
    "DecodeError",
    "DimseError",
    "Drop",
    "FittedComment",
    "FragmentError",
    "Judgement",
    "Message",
    "Moves",
    "Operation",
    "PDataTF",
    "ParameterError",
    "ParameterTypeError",
    "ParameterValueError",
    "Primitive",
    "RawElement",
    "Refusals",
    "Request",
    "Response",
    "RoleError",
    "Row",
    "Rule",
    "Rules",
    "Severities",
    "Sink",
    "Spool",
    "Status",
    "Stream",
    "Table",
    "UsageError",
    "Views",
    "Violation",
    "__version__",
    "fit_error_comment",
    "to_pdus",
    "to_pdvs",
]
__all__ += services.__all__
