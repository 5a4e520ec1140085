"""The laws of the rules beside the cells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dimse_codegen import forms
from dimse_codegen.forms import SEVERITIES
from dimse_codegen.law import law, unknown
from dimse_codegen.model import Advice, Rule, Schema
from dimse_codegen.problem import Text
from dimse_codegen.shipped import as_shipped, shipped_services

# What the generated checks can say; every rule of these groups is one of them, and each is there.
CHECKED = {
    "cells": {"M", "-", "C", "=", "VR", "fixed"},
    "fields": {"M", "never", "announced"},
    "responses": {
        "Status.class",
        "Status.type",
        "Status.sop_class",
        "NumberOfRemainingSuboperations.success",
        "NumberOfFailedSuboperations.success",
        "NumberOfWarningSuboperations.success",
        "NumberOfFailedSuboperations.warning",
        "NumberOfCompletedSuboperations.failure",
    },
    "conversation": {
        "MESSAGE_ID",
        "UNKNOWN",
        "SERVICE",
        "PENDING",
        "FINAL",
        "CANCEL",
        "CANCEL_SERVICE",
        "NOT_CANCELLED",
        "COUNTS",
        "TOTAL",
        "OUTCOME",
        "SUBOPERATIONS",
        "MOVE_EARLY",
        "MOVE_ORIGINATOR",
        "DATA_SET",
        "WINDOW",
        "CONTEXT",
        "UNANSWERED",
    },
    "wire": {
        "ORDER",
        "REPEATED",
        "GROUP",
        "GROUP_LENGTH",
        "EXPLICIT_VR",
        "ODD_LENGTH",
        "LENGTH",
        "VM",
        "VALUE",
        "PADDING",
        "EMPTY",
        "UNKNOWN",
        "RETIRED",
        "DATA_SET_TYPE",
        "DATA_SET",
    },
    "fragments": {"CONTEXT_ID", "CONTROL", "ODD_LENGTH", "SHARED"},
}


def _rules(schema: Schema) -> Iterator[Rule]:
    for group in schema.rules.groups.values():
        yield from group


@law("RULE_SEVERITY", "A rule is an error, a warning or an advisory.")
def _rule_severity(schema: Schema) -> Iterator[tuple[Text, str]]:
    every: list[Rule | Advice] = [*_rules(schema), *schema.rules.advice]
    for rule in every:
        if rule.severity not in SEVERITIES:
            yield rule.severity, f"'{rule.severity}' is no severity; one of {', '.join(SEVERITIES)}"


@law(
    "RULE_SECTION", "A rule is cited: a section of PS3.7, or another part and its section, or `row` for the row's own."
)
def _rule_section(schema: Schema) -> Iterator[tuple[Text, str]]:
    for rule in _rules(schema):
        if not re.fullmatch(forms.RULE_SECTION, rule.section):
            yield rule.section, f"'{rule.section}' is no section; write 9.1.4.1.8, PS3.5 6.2, or row"


@law("RULE_GROUPS_WHOLE", "What breaking a cell or a field can mean is there, and nothing else.")
def _rule_groups_whole(schema: Schema) -> Iterator[tuple[Text, str]]:
    for group, names in CHECKED.items():
        found = schema.rules.groups[group]
        yield from unknown((rule.name for rule in found), names, f"the rules of {group}")
        for name in sorted(names - {str(rule.name) for rule in found}):
            yield schema.rules.edition, f"{group} has no rule '{name}'"


@law("RULE_STATUS_KNOWN", "A rule proposes statuses of Annex C.")
def _rule_status_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    if schema.rules.edition.at.path.parent != schema.statuses.edition.at.path.parent:
        return  # the shipped rules beside statuses of a user's own
    types = {str(status_type.name) for status_type in schema.statuses.types}
    proposed = [*(rule.statuses for rule in _rules(schema)), *schema.rules.parameters.values()]
    for statuses in proposed:
        yield from unknown(statuses, types, "the status types")


@law("RULE_PARAMETER_KNOWN", "Rules and advice name parameters of the dictionary.")
def _rule_parameter_known(schema: Schema) -> Iterator[tuple[Text, str]]:
    shipped = as_shipped(schema)
    elements = [*schema.dictionary.elements, *(shipped.dictionary.elements if shipped else ())]
    named = [*schema.rules.parameters, *(advice.parameter for advice in schema.rules.advice)]
    yield from unknown(named, {str(element.name) for element in elements}, "the command dictionary")


@law("ADVICE_FORM", "Advice is given of a parameter that is present or absent, in the responses of services.")
def _advice_form(schema: Schema) -> Iterator[tuple[Text, str]]:
    services = {str(service.name) for service in schema.services} | shipped_services(schema)
    for advice in schema.rules.advice:
        if advice.when not in forms.STATES:
            yield advice.when, f"'{advice.when}' is neither present nor absent"
        yield from unknown(advice.services, services, "the services")
