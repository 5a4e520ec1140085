"""Every kind of difference between two schemas: whom it concerns, whether it breaks them, what it means for each.

API is about programs that use the generated package, WIRE about the bytes that are written and how they are read,
CONFORMANCE about the verdict on a message, DOC about texts and places. A kind breaks where a program that worked, bytes
that were understood or a message that was right may be so no more.
"""

from __future__ import annotations

from attrs import frozen

API, WIRE, CONFORMANCE, DOC = CLASSES = ("API", "WIRE", "CONFORMANCE", "DOC")


@frozen
class Kind:
    """A kind of difference under its ID, which never changes.

    Attributes:
        id: CELL_REQUIRED.
        classes: of API, WIRE, CONFORMANCE and DOC those that it is of.
        breaking: whether `breaking` fails for it.
        purpose: what has happened.
        callers, peers: what that means for programs that use the package, and for those at the other end.
    """

    id: str
    classes: tuple[str, ...]
    breaking: bool
    purpose: str
    callers: str
    peers: str


_SAME = "Nothing changes on the wire."
_NONE = "Nothing changes for them."
_ACCEPTS = "Older versions still judge by the old schema and report it."
_REPORTED = "What they send and was right may be reported now."

_TABLE: tuple[tuple[str, tuple[str, ...], bool, str, str, str], ...] = (
    # Cells
    ("CELL_REQUIRED", (API, CONFORMANCE), True, "A cell becomes M or MF: the parameter is mandatory.",
     "The argument of the message's constructor becomes required.", "Their messages without it are wrong now."),
    ("CELL_RELAXED", (API,), True, "A cell is M or MF no more, and the parameter still allowed.",
     "The attribute of the message may be None now, and its type says so.", _ACCEPTS),
    ("CELL_FORBIDDEN", (API, CONFORMANCE), True, "A cell becomes '-': the message shall not have the parameter.",
     "The message has neither argument nor attribute of that name any more.", "Their messages with it are wrong now."),
    ("CELL_ALLOWED", (API, CONFORMANCE), False, "A cell was '-' and is U, C or UF: the message may have the parameter.",
     "The message gets an optional argument and attribute.", _ACCEPTS),
    ("CELL_CONDITIONED", (CONFORMANCE,), True, "A cell becomes C: a condition says when the parameter is present.",
     "Messages that were right may break the condition.", _REPORTED),
    ("CELL_FREED", (CONFORMANCE,), False, "A cell was C and is U or UF: no condition any more.",
     "Nothing is refused that was not before.", _ACCEPTS),
    ("VALUE_FIXED", (CONFORMANCE,), True, "A cell fixes the value of a parameter, or another value.",
     "Another value is a violation now.", "Their messages with another value are wrong now."),
    ("VALUE_FREED", (CONFORMANCE,), False, "A cell fixes the value of a parameter no more.",
     "Any value of its VR may be given.", _ACCEPTS),
    ("VALUES_WIDENED", (CONFORMANCE,), False, "A cell of a profile fixes a parameter to one of more values.",
     "Nothing is refused that was not before.", _ACCEPTS),
    ("EQUALITY_ADDED", (CONFORMANCE,), True, "A parameter of a response has to repeat the request.",
     "respond() fills it in, and a value that differs is a violation.", _REPORTED),
    ("EQUALITY_REMOVED", (API, CONFORMANCE), True, "A parameter of a response need not repeat the request any more.",
     "respond() fills it in no more.", "A response may lack or change what it repeated."),
    # Rows, columns, conditions
    ("ROW_ADDED", (API,), False, "A table has a new row.", "Primitive and TABLE get a parameter.",
     "They may meet a parameter that they do not know here."),
    ("ROW_REMOVED", (API, CONFORMANCE), True, "A row of a table is gone.",
     "The attribute and its row of TABLE are gone.", "Their messages with it are wrong now."),
    ("ROW_ORDER", (API,), False, "The rows of a table stand in another order.",
     "TABLE, repr and the list of violations are in another order; arguments are by keyword and stay.", _SAME),
    ("COLUMN_ADDED", (API,), False, "A table has a new column.", "There is a role more to ask about.", _NONE),
    ("COLUMN_REMOVED", (API, CONFORMANCE), True, "A column of a table is gone.", "There is a role less.",
     "Messages of that role are not judged by this table any more."),
    ("COLUMN_ORDER", (API,), False, "The columns of a table stand in another order.",
     "Cells of a row of TABLE are named, and stay.", _SAME),
    ("CONDITION_TIGHTENED", (CONFORMANCE,), True, "A condition requires or forbids where it did not.",
     "Messages that were right may break it.", _REPORTED),
    ("CONDITION_RELAXED", (CONFORMANCE,), False, "A condition requires and forbids less.",
     "Nothing is refused that was not before.", _ACCEPTS),
    ("CONDITION_REWORDED", (DOC,), False, "A condition says the same in other words.",
     "Its text in violations is another.", _NONE),
    # Services and messages
    ("SERVICE_ADDED", (API,), False, "There is a new service.", "The package gets its classes.",
     "They may meet messages that they do not know."),
    ("SERVICE_REMOVED", (API, WIRE), True, "A service is gone.", "Its classes are gone.",
     "Their messages of that service are not understood any more."),
    ("SERVICE_GROUP_CHANGED", (API,), True, "A service is of another group.",
     "Whoever asks for DIMSE-C or DIMSE-N gets another answer.", _SAME),
    ("SERVICE_KIND_CHANGED", (API, CONFORMANCE), True, "A service is of another kind: operation, notification, cancel.",
     "It has other messages and other roles.", "Conversations are judged by other rules."),
    ("PROCEDURE_CHANGED", (CONFORMANCE,), True, "A service's row of Table 7.5-2 is another.",
     "Conversations are judged by other rules.",
     "Sub-operations, several responses or a cancel may be wrong that were right."),
    ("SERVICE_STATUS_ADDED", (CONFORMANCE,), False, "Responses may have a further type of status.",
     "Nothing is refused that was not before.", _ACCEPTS),
    ("SERVICE_STATUS_REMOVED", (CONFORMANCE,), True, "Responses may not have a type of status any more.",
     "Such a status is of no type that the service lists, and fields that came with it may be gone.", _REPORTED),
    ("MESSAGE_ADDED", (API, WIRE), False, "A service has a new message.", "The package gets its class.",
     "They may meet a Command Field that they do not know."),
    ("MESSAGE_REMOVED", (API, WIRE), True, "A message of a service is gone.", "Its class is gone.",
     "Such messages are not understood any more."),
    ("COMMAND_FIELD_CHANGED", (WIRE,), True, "A message has another Command Field.",
     "What is written has another code.", "They do not know our message, nor we theirs."),
    ("FIELD_ADDED", (WIRE,), False, "A message has a new field.", "The field is written where its parameter is set.",
     "They may meet an element that they do not expect."),
    ("FIELD_REMOVED", (WIRE,), True, "A field of a message is gone.", "The parameter does not travel any more.",
     "They wait for it in vain, and where they send it it is a violation."),
    ("DATA_SET_RULE_CHANGED", (WIRE, CONFORMANCE), True, "Whether a message has a Data Set is another rule.",
     "Command Data Set Type is written and judged otherwise.", "They may wait for a Data Set, or get one unasked."),
    ("WITHOUT_FIELD_CHANGED", (WIRE,), True, "Another parameter of a message has no field.",
     "What is written of the message's parameters is not the same.", "They get other elements."),
    # Command Dictionary
    ("ELEMENT_ADDED", (API, WIRE), False, "The Command Dictionary has a new element or Data Set.",
     "It is known by name and tag.", "They may meet an element that they do not know."),
    ("ELEMENT_REMOVED", (API, WIRE), True, "An element or Data Set of the Command Dictionary is gone.",
     "Its name and tag are not known any more.", "Where they send it, it is an unknown element."),
    ("ELEMENT_RENAMED", (API,), False, "An element or Data Set has another name, and the same tag or keyword.",
     "Texts and TABLE have the new name; attributes are named by the keyword.", _SAME),
    ("KEYWORD_CHANGED", (API,), True, "A parameter has another keyword.",
     "Attribute, argument and the IDs of its rules have another name.", _SAME),
    ("TAG_CHANGED", (WIRE,), True, "An element has another tag.", "What is written has another tag.",
     "They do not find it where they look, and what they send is another element."),
    ("VR_CHANGED", (API, WIRE), True, "An element has another VR.", "The type of its value is another.",
     "They read other bytes than were meant."),
    ("VM_CHANGED", (API, CONFORMANCE), True, "An element has another VM.",
     "One value becomes a list or another number of values is right.", _REPORTED),
    ("ELEMENT_RETIRED", (CONFORMANCE,), True, "An element is retired.", "No message has it any more.",
     "Where they send it, it is reported."),
    ("ELEMENT_REVIVED", (CONFORMANCE,), False, "An element was retired and is so no more.",
     "Messages may have it.", _ACCEPTS),
    ("VALUE_ADDED", (CONFORMANCE,), False, "A parameter may have a further value.",
     "Nothing is refused that was not before.", _ACCEPTS),
    ("VALUE_REMOVED", (CONFORMANCE,), True, "A parameter may not have a value any more, or certain ones only.",
     "The value is refused on assignment.", _REPORTED),
    ("VALUE_CHANGED", (WIRE, CONFORMANCE), True, "A word stands for another value.",
     "Whoever means the word has to write another number.", "They take the number for another word."),
    ("VALUES_FREED", (CONFORMANCE,), False, "A parameter took certain values only, and takes any now.",
     "Any value of its VR may be given.", _ACCEPTS),
    ("DEFAULT_CHANGED", (API, WIRE), True, "A new primitive holds another value.",
     "Who sets nothing sends something else.", "They get another value, or none."),
    # Annex C
    ("STATUS_TYPE_ADDED", (CONFORMANCE,), False, "Annex C has a new type of status.",
     "Status knows one type more.", "They may meet a code that they do not know."),
    ("STATUS_TYPE_REMOVED", (API, CONFORMANCE), True, "A type of status of Annex C is gone.",
     "Status names it no more.", _REPORTED),
    ("STATUS_TYPE_RENAMED", (API,), True, "A type of status has another name.",
     "Whoever compares Status.type with the name finds it no more.", _SAME),
    ("STATUS_CODE_CHANGED", (WIRE, CONFORMANCE), True, "A type of status has another code.",
     "The same refusal is another number.", "They take the code for something else."),
    ("STATUS_CLASS_CHANGED", (CONFORMANCE,), True, "A type, code or range of Status is of another class.",
     "Success, Pending, Warning or Failure is decided otherwise.", "What followed from its class may be wrong now."),
    ("STATUS_CLASS_ADDED", (CONFORMANCE,), False, "A class of Status, or a code in one, is new.",
     "Status knows its class.", _ACCEPTS),
    ("STATUS_CLASS_REMOVED", (API, CONFORMANCE), True, "A class of Status, or a code in one, is gone.",
     "The code is of no class.", _REPORTED),
    ("STATUS_ASSIGNED_CHANGED", (CONFORMANCE,), True, "A code or range is assigned by Service Classes, or no more.",
     "Which fields go with it, and whether its Service Class is asked, is decided otherwise.", _REPORTED),
    ("STATUS_FIELD_ADDED", (API, CONFORMANCE), False, "A field may go with a type of status.",
     "Responses may get an optional argument.", _ACCEPTS),
    ("STATUS_FIELD_REMOVED", (API, CONFORMANCE), True, "A field may not go with a type of status any more.",
     "Responses may lose the argument.", _REPORTED),
    ("STATUS_FIELD_CONFINED", (CONFORMANCE,), True, "A field of Annex C is for one service's responses, or another's.",
     "Responses of the others lose the argument.", _REPORTED),
    ("STATUS_FIELD_UNCONFINED", (API, CONFORMANCE), False, "A field of Annex C is for one service's responses no more.",
     "Responses of others may get an optional argument.", _ACCEPTS),
    # Rules
    ("RULE_ADDED", (CONFORMANCE,), True, "There is a new rule of severity error.",
     "What was right may break it.", _REPORTED),
    ("REMARK_ADDED", (CONFORMANCE,), False, "There is a new rule of severity warning or advisory.",
     "More may be said of a message; its verdict stays.", "What they send may be remarked on."),
    ("RULE_REMOVED", (API,), True, "A rule is gone.", "Who sets its severity names a rule that there is not.",
     "What broke it is right now."),
    ("SEVERITY_RAISED", (CONFORMANCE,), True, "A rule is graver.", "What was a remark may be an error.", _REPORTED),
    ("SEVERITY_LOWERED", (CONFORMANCE,), False, "A rule is less grave.", "What was an error may be a remark.",
     "What they send is judged more mildly."),
    ("ANSWER_CHANGED", (WIRE,), True, "A bad request is answered with other statuses.",
     "answer() gives another code.", "They get another code for the same fault."),
    ("REMARK_CHANGED", (CONFORMANCE,), True, "A remark on responses is made in other cases.",
     "More, less or something else is said of a response.", "What they send may be remarked on."),
    # PS3.4
    ("SERVICE_CLASS_ADDED", (CONFORMANCE,), False, "There is a new Service Class.", "Status knows its meanings.",
     "Their statuses of its SOP Classes are judged."),
    ("SERVICE_CLASS_REMOVED", (CONFORMANCE,), True, "A Service Class is gone.", "Status knows its meanings no more.",
     "Their statuses of its SOP Classes are not judged."),
    ("SOP_CLASS_ADDED", (CONFORMANCE,), False, "A Service Class has a new SOP Class.", "Status knows its meanings.",
     "Their statuses of that SOP Class are judged."),
    ("SOP_CLASS_REMOVED", (CONFORMANCE,), True, "A SOP Class of a Service Class is gone.",
     "Status knows its meanings no more.", "Their statuses of that SOP Class are not judged."),
    ("SOP_CLASS_UID_CHANGED", (CONFORMANCE,), True, "A SOP Class has another UID.",
     "Messages of the old UID are of an unknown SOP Class.", "Their messages are of another SOP Class for us."),
    ("STATUS_TABLE_ADDED", (CONFORMANCE,), False, "PS3.4 has a new table of statuses.", "Status knows its meanings.",
     "Their statuses are judged where they were not."),
    ("STATUS_TABLE_REMOVED", (CONFORMANCE,), True, "A table of statuses of PS3.4 is gone.",
     "Status knows its meanings no more.", _REPORTED),
    ("STATUS_TABLE_CHANGED", (CONFORMANCE,), True, "A table of statuses is for others, or refers to another.",
     "Status has other meanings for some.", _REPORTED),
    ("ASSIGNED_STATUS_ADDED", (CONFORMANCE,), False, "A Service Class assigns a further code.",
     "Status knows its meaning.", _ACCEPTS),
    ("ASSIGNED_STATUS_REMOVED", (CONFORMANCE,), True, "A Service Class does not assign a code any more.",
     "Status knows its meaning no more.", _REPORTED),
    ("ASSIGNED_STATUS_CHANGED", (CONFORMANCE,), True, "A code of a Service Class is of another type of Annex C.",
     "Other fields go with it.", _REPORTED),
    # Profiles; their cells, conditions and severities are told as those of a service
    ("PROFILE_ADDED", (API,), False, "There is a new profile.", "The package of profiles gets its module.",
     "Nothing is judged by it before somebody asks for it."),
    ("PROFILE_REMOVED", (API, CONFORMANCE), True, "A profile is gone.", "Its module and its name are gone.",
     "Their messages are judged by the services alone."),
    ("EXTENSION_ADDED", (API, CONFORMANCE), True, "A profile changes a further service.",
     "Messages of that service that were right may be wrong now.", _REPORTED),
    ("EXTENSION_REMOVED", (API, CONFORMANCE), True, "A profile does not change a service any more.",
     "Its class for that service is gone.", "Their messages of that service are judged as the service has it."),
    ("PROFILE_SOP_CLASS_ADDED", (CONFORMANCE,), True, "A profile is of a further SOP Class.",
     "Messages of that SOP Class that were right may be wrong now.", _REPORTED),
    ("PROFILE_SOP_CLASS_REMOVED", (API, CONFORMANCE), True, "A profile is of a SOP Class no more.",
     "The profile has no class for it any more.", "Their messages of it are judged as the service has it."),
    ("STATUS_LEFT_OUT", (CONFORMANCE,), True, "A profile leaves fewer statuses.",
     "A response with another Status is reported.", _REPORTED),
    ("STATUS_LET_IN", (CONFORMANCE,), False, "A profile leaves more statuses.",
     "Nothing is refused that was not before.", _ACCEPTS),
    ("SERVICES_BORROWED", (API,), True, "A schema has services of its own no more, or has them now.",
     "Its package holds profiles of dimse.services, or classes of its own.", _SAME),
    # Texts and places
    ("EDITION_CHANGED", (DOC,), False, "A file transcribes another edition.", "Headers of the package name it.", _NONE),
    ("PLACE_CHANGED", (DOC,), False, "A section or number of a table is another.",
     "Violations and docstrings cite the new one.", _NONE),
    ("TEXT_CHANGED", (DOC,), False, "A sentence is another.", "A docstring, comment or page reads otherwise.", _NONE),
    ("ORDER_CHANGED", (DOC,), False, "Entries stand in another order, where order means nothing.",
     "Lists and pages are in another order.", _NONE),
    ("ACCEPTED_CHANGED", (DOC,), False, "An accepted difference from the standard is new, gone or another.",
     "audit accepts something else.", _NONE),
)  # fmt: skip

KINDS: dict[str, Kind] = {row[0]: Kind(*row) for row in _TABLE}
