"""Every schema file, declared once: its keys, what each says, and what may stand behind it.

`load` reads by these declarations and `json_schema` prints them for editors. A new kind of file is declared here and
added to `KINDS`.
"""

from __future__ import annotations

from dimse_codegen.form import Each, Either, Form, Key, Keys, Kind, Named, Row, Words
from dimse_codegen.model import ROLES

TAG = r"\(([0-9A-F]{4}),([0-9A-F]{4})\)"
CODE = r"[0-9A-F]{4}H"
STATUS_CODE = r"[0-9A-F]{4}H|[0-9A-F]xxx|[0-9A-F]{2}xx|[0-9A-F]{3}x"
CELL = r"-|[MUC](\(=\))?|[MU]F (0|[1-9][0-9]{0,9})"
# As CELL, but that MF and UF may have text, and several values of which one must stand there.
PROFILE_CELL = r"-|[MUC](\(=\))?|[MU]F \S(.*\S)?"
_NUMBER = r"([A-Z]{1,2}|[0-9]{1,3})(\.[0-9]{1,3})*"
SECTION = rf"{_NUMBER}( to {_NUMBER})?"
CITED = rf"(PS3\.[0-9]{{1,2}} )?(Table )?{SECTION}(-[0-9]{{1,2}}[a-z]?)?"
RULE_SECTION = r"row|Annex [A-Z]|(PS3\.[0-9]{1,2} )?[A-Z0-9][0-9]{0,2}(\.[0-9]{1,3})*(, [0-9.]+)?"
EDITION = r"[0-9]{4}[a-z]?"
TABLE = r"[A-Z0-9][A-Z0-9.]{0,5}-[0-9]{1,2}[a-z]?"
STATUS_TABLE_NUMBER = r"[A-Z]{1,2}(\.[0-9]{1,2}){0,6}-[0-9]{1,2}"
SERVICE_NAME = r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+"
CLASS_NAME = r"[A-Z][a-z]{1,19}"
PROFILE_NAME = r"[A-Z][A-Za-z0-9]*([ /-][A-Za-z0-9]+)*"
SERVICE_CLASS_NAME = r"[A-Z][A-Za-z]*([ /-][A-Z][A-Za-z]*)*"
DOCUMENT = r"[!-~]([ -~]{0,38}[!-~])?"
KEYWORD = r"[A-Z][A-Za-z0-9]{0,63}"
UID = r"[0-2](\.(0|[1-9][0-9]*))+"

PARAMETER_VRS = ("AE", "AT", "LO", "SH", "UI", "UL", "US")
VMS = ("1", "1-n")
SEVERITIES = ("error", "warning", "advisory")
OFF = "off"
SERVICE_KINDS = ("operation", "notification", "cancel")
PROCEDURE_CELLS = ("-", "M", "C")
DATA_SET_RULES = ("always", "never", "conditional")
STATES = ("present", "absent")
COLUMNS = tuple(ROLES)
# Stands for every SOP Class of a file.
ALL = "all"

_TEXT = Words()
_TEXTS = Each(_TEXT)
_CODE_WORD = Words(CODE, example="0021H")
_STATUS_CODE = Words(STATUS_CODE, example="FF00H")
_SECTION_WORD = Words(SECTION, example="9.1.4.1.8", unquoted=1000)
_TABLE_WORD = Words(TABLE, example="9.1-4")
_KEYWORD_WORD = Words(KEYWORD, example="MessageID")
_SEVERITY = Words(one_of=SEVERITIES)
_NAME = Words(r"\S+( \S+)*", example="Message ID")
_EDITION = Key(
    "edition", "Edition of the standard, a year and a letter; all files have the same.",
    Words(EDITION, example="2026c", unquoted=10000),
)  # fmt: skip

PROCEDURES = Keys((
    Key("sub_operations", "Whether it has sub-operations: '-', M or C.", Words(one_of=PROCEDURE_CELLS)),
    Key("multiple_responses", "Whether a request has several responses: '-', M or C.", Words(one_of=PROCEDURE_CELLS)),
    Key("cancel", "Whether it can be cancelled: '-', M or C; with M the table has a third column.",
        Words(one_of=PROCEDURE_CELLS)),
))  # fmt: skip

DESCRIPTION = Row((("section", _SECTION_WORD), ("sentence", _TEXT)))

CONDITION = Keys((
    Key("parameters", "The rows that are C in the column and hang on this condition.", _TEXTS),
    Key("column", "The head of the column in which they are C.", Words(one_of=COLUMNS)),
    Key("required_when", "Absence is wrong while this is true, as `Status is Pending`; `never` for nothing.",
        Words(example="Status is Pending")),
    Key("permitted_when", "Presence is wrong while this is false; `always` where it may always be there.",
        Words(example="always")),
    Key("section", "Where the standard says so.", _SECTION_WORD),
    Key("severity", "How grave it is to break the condition; error where nothing is said.", _SEVERITY, required=False),
    Key("note", "For the reader of the file; printed nowhere.", _TEXT, required=False),
))  # fmt: skip

MESSAGE = Keys((
    Key("table", "Number of the table that lists the fields, or up to three that list the same.",
        Either((_TABLE_WORD, Each(_TABLE_WORD, 1, 3)))),
    Key("command_field", "The Command Field; a response's is its request's with the highest bit set.", _CODE_WORD),
    Key("fields", "Every field in the order printed, those of the protocol among them.", _TEXTS),
    Key("data_set", "Whether a Data Set follows: as the cell of the Data Set parameter has it.",
        Words(one_of=DATA_SET_RULES)),
    Key("without_field", "Parameters of the column for which the message has no field.", _TEXTS, required=False),
))  # fmt: skip

SERVICE_STATUSES = Keys((
    Key("section", "Where the standard lists them.", _SECTION_WORD, required=False),
    Key("types", "The status types of Annex C that a response may carry.", _TEXTS, required=False),
))  # fmt: skip

SERVICE = Keys((
    _EDITION,
    Key("service", "Name of the service; its class has underscores, C_MOVE, and its file small letters, c_move.yaml.",
        Words(SERVICE_NAME, example="C-MOVE")),
    Key("section", "Where the service is defined; services are ordered by it.", _SECTION_WORD),
    Key("summary", "One sentence on one line; it becomes the docstring of the class.", Words(r"[^\na-z][^\n]*\.")),
    Key("group", "DIMSE-C or DIMSE-N (Table 7.5-1).", Words(example="DIMSE-C")),
    Key("kind", "What the service is; a cancel has a request and no response.", Words(one_of=SERVICE_KINDS)),
    Key("procedures", "Its row of Table 7.5-2.", PROCEDURES),
    Key("table", "Number of the table with the matrix.", _TABLE_WORD),
    Key("columns", "Heads of the columns, in the standard's order.", Each(Words(one_of=COLUMNS), 1, 3)),
    Key("parameters", "The matrix: a row a parameter, a cell for each column, quoted '-' where it shall not be there.",
        Named(Each(Words(CELL, example="M"), 1, 3), _NAME)),
    Key("descriptions", "For each row of the matrix its section and a sentence.", Named(DESCRIPTION, _NAME)),
    Key("messages", "The messages that convey it, request first.",
        Named(MESSAGE, Words(rf"{SERVICE_NAME}", example="C-MOVE-RQ"))),
    Key("conditions", "What stands behind the C cells: each is explained, and no other cell.", Each(CONDITION),
        required=False),
    Key("equal_to_request", "Parameters of a response that repeat one of the request, where the text says so.",
        Named(_TEXT), required=False),
    Key("statuses", "The statuses of its responses.", SERVICE_STATUSES, required=False),
    Key("document", "The document that defines the service, where it is not PS3.7.",
        Words(DOCUMENT, example="ACME Conformance Statement"), required=False),
))  # fmt: skip

ELEMENT = Row((
    ("tag", Words(TAG, example="(0000,0110)")), ("VR", Words(one_of=PARAMETER_VRS)),
    ("VM", Words(one_of=VMS, unquoted=1)), ("keyword", _KEYWORD_WORD),
))  # fmt: skip
# Retired elements are known to the decoder alone, which takes any VR.
RETIRED_ELEMENT = Row((("tag", ELEMENT.places[0][1]), ("VR", _TEXT), *ELEMENT.places[2:]))

DICTIONARY = Keys((
    _EDITION,
    Key("elements", "Table E.1-1: by name the tag, VR, VM and keyword; the only place where they are written.",
        Named(ELEMENT, _NAME)),
    Key("data_sets", "Names of the Data Set parameters, which have no tag, and their keywords.",
        Named(_KEYWORD_WORD, _NAME)),
    Key("retired", "Table E.2-1, likewise: known to the decoder, part of no message.", Named(RETIRED_ELEMENT, _NAME),
        required=False),
    Key("values", "Elements that take certain values only: each word with its code.", Named(Named(_CODE_WORD)),
        required=False),
    Key("defaults", "Which of these words a new primitive holds in a request.", Named(_TEXT), required=False),
))  # fmt: skip

STATUS_TYPE = Row((
    ("section", _SECTION_WORD), ("class", _TEXT),
    ("code", Words(f"-|{CODE}", example="0122H")), ("fields", _TEXTS),
))  # fmt: skip

STATUSES = Keys((
    _EDITION,
    Key("classes", "The status classes with their codes and ranges; a code written out goes before any range.",
        Named(Each(_STATUS_CODE), Words(CLASS_NAME, example="Pending"))),
    Key("assigned_by_service_class", "The codes and ranges whose meaning PS3.4 gives.", Each(_STATUS_CODE)),
    Key("types", "The rows of Annex C: section, class, code or '-' where PS3.4 gives it, and the fields it permits.",
        Named(STATUS_TYPE, _NAME)),
    Key("only_in", "A field that the responses of one service alone may carry, and that service.", Named(_TEXT),
        required=False),
))  # fmt: skip

RULE = Row((
    ("severity", _SEVERITY), ("section", Words(RULE_SECTION, example="row", unquoted=1000)),
    ("purpose", _TEXT), ("statuses", _TEXTS),
))  # fmt: skip

ADVICE = Keys((
    Key("rule", "What the ID of the rule ends with.", _TEXT),
    Key("parameter", "The parameter of the response that the advice is about.", _TEXT),
    Key("when", "Whether it is given where the parameter is there, or where it lacks.", Words(one_of=STATES)),
    Key("services", "The services whose responses it is about.", _TEXTS),
    Key("severity", "How grave it is.", _SEVERITY),
    Key("purpose", "What it says, in a sentence.", _TEXT),
))  # fmt: skip

_GROUPS_SAY = {
    "cells": "What breaking a cell means, by its glyph; VR of a bad value, fixed of a wrong one.",
    "fields": "The rules of Command Data Set Type.",
    "responses": "The rules of one response by itself: its Status, its counts.",
    "conversation": "The rules of messages among others on an Association.",
    "wire": "Anomalies of the bytes of a Command Set.",
    "fragments": "Anomalies of PDVs.",
}
RULE_GROUPS = tuple(_GROUPS_SAY)
RULES = Keys((
    _EDITION,
    Key("parameters", "The types of status to answer a bad value of some parameters with.", Named(_TEXTS)),
    Key("advice", "What is worth saying of a response that has, or lacks, a parameter.", Each(ADVICE)),
    *(Key(group, says, Named(RULE)) for group, says in _GROUPS_SAY.items()),
))  # fmt: skip

ASSIGNED_STATUS = Row((("type of Annex C", _TEXT), ("meaning", Words(r"[^\na-z]([^\n]*[^\n.])?"))))

STATUS_TABLE = Keys((
    Key("services", "The services whose responses carry these statuses.", Each(_TEXT, 1)),
    Key("sop_classes", "The SOP Classes that have them, or `all` of this file.",
        Either((Words(one_of=(ALL,)), Each(_TEXT, 1)))),
    Key("section", "Where PS3.4 speaks of them.", _SECTION_WORD),
    Key("table", "Number of the table in PS3.4.", Words(STATUS_TABLE_NUMBER, example="C.4-1"), required=False),
    Key("as_in", "In place of codes: the table, or else the section, whose statuses these are.", _TEXT, required=False),
    Key("codes", "The statuses: by code or range the type of Annex C and a meaning; {} where nothing is assigned.",
        Named(ASSIGNED_STATUS, _STATUS_CODE), required=False),
), one_of=("codes", "as_in"))  # fmt: skip

SERVICE_CLASS = Keys((
    _EDITION,
    Key("service_class", "Name of the Service Class; that of its file is the same in small letters.",
        Words(SERVICE_CLASS_NAME, example="Modality Worklist")),
    Key("sop_classes", "Its SOP Classes: the name of each and its UID.",
        Named(Words(UID, example="1.2.840.10008.1.1", unquoted=3), _NAME)),
    Key("statuses", "The status tables, or the places where PS3.4 would print one.", Each(STATUS_TABLE)),
))  # fmt: skip

DIFFERENCE = Keys((
    Key("where", "Which cell, row or list it is, as `audit` names it.", _TEXT),
    Key("standard", "What the standard prints.", _TEXT),
    Key("schema", "What the schema has.", _TEXT),
    Key("reason", "Why the schema departs.", _TEXT),
))  # fmt: skip
ACCEPTED: Form = Each(DIFFERENCE)

_CITED_WORD = Words(CITED, example="C.4.2.1.6", unquoted=1000)
_PROFILE_CELL_WORD = Words(PROFILE_CELL, example="MF 1")
_REASON = Key("reason", "Why, in a sentence on one line.", _TEXT)

CHANGE = Row((
    ("parameter", _TEXT), ("column", Words(one_of=COLUMNS)), ("cell of the service", _PROFILE_CELL_WORD),
    ("cell here", _PROFILE_CELL_WORD), ("section", _CITED_WORD), ("reason", _TEXT),
))  # fmt: skip

NEW_CONDITION = Keys((*CONDITION.keys, _REASON))

LEFT_STATUSES = Keys((
    Key("only", "The Status codes, and ranges of them, that remain of the service's.", Each(_STATUS_CODE)),
    Key("section", "Where the document says so.", _CITED_WORD),
    _REASON,
    Key("severity", "How grave another Status is; error where nothing is said.", _SEVERITY, required=False),
))  # fmt: skip

NEW_SEVERITY = Row((
    ("rule", _TEXT), ("severity of the service", _SEVERITY),
    ("severity here", Words(one_of=(*SEVERITIES, OFF))), ("section", _CITED_WORD), ("reason", _TEXT),
))  # fmt: skip

EXTENSION = Keys((
    Key("extends", "The service that is changed, as C-MOVE.", Words(SERVICE_NAME, example="C-MOVE")),
    Key("sop_classes", "Of which messages: SOP Classes by name or UID, or a Service Class for all of its.",
        Each(_TEXT, 1)),
    Key("cells", "Cells in which fewer messages pass than in the service's.", Each(CHANGE), required=False),
    Key("relaxed", "Cells in which messages pass that the service refuses.", Each(CHANGE), required=False),
    Key("conditions", "What stands behind cells that are C here alone, or in place of the service's conditions.",
        Each(NEW_CONDITION), required=False),
    Key("statuses", "The statuses that remain of the service's.", LEFT_STATUSES, required=False),
    Key("severities", "Rules that are graver here, or less grave, or off.", Each(NEW_SEVERITY), required=False),
))  # fmt: skip

PROFILE = Keys((
    _EDITION,
    Key("profile", "Name of the profile; that of its file is the same in small letters with underscores.",
        Words(PROFILE_NAME, example="Study Root Query/Retrieve")),
    Key("document", "What its sections are of: PS3.4, or what a reader finds the document by.",
        Words(DOCUMENT, example="PS3.4")),
    Key("section", "Where the document speaks of it.", _CITED_WORD),
    Key("summary", "One sentence on one line.", Words(r"[^\na-z][^\n]*\.")),
    Key("services", "The services that it changes.", Each(EXTENSION, 1)),
))  # fmt: skip

KINDS = (
    Kind("service", "services/*.yaml", "A service: its matrix, conditions and messages.", "service", SERVICE),
    Kind("command_dictionary", "command_dictionary.yaml", "Annex E: the Command Dictionary.", "elements", DICTIONARY),
    Kind("statuses", "statuses.yaml", "Annex C: status classes, types, codes.", "types", STATUSES),
    Kind("rules", "rules.yaml", "The rules beside the cells.", "advice", RULES),
    Kind("service_class", "service_classes/*.yaml", "A Service Class of PS3.4 and its statuses.", "service_class",
         SERVICE_CLASS),
    Kind("profile", "profiles/*.yaml", "Services as a document of its own has them.", "profile", PROFILE),
    Kind("accepted_differences", "accepted_differences.yaml", "Where the schema departs from the standard.", "",
         ACCEPTED),
)  # fmt: skip
