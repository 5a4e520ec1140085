"""What Annex C adds to a service's table: fields of its responses, the statuses they go with, the sections."""

from __future__ import annotations

from dimse_codegen.model import Schema, Service, StatusType


class AnnexC:
    """Annex C as one service uses it."""

    def __init__(self, schema: Schema, service: Service) -> None:
        self._dictionary = schema.dictionary
        self._statuses = schema.statuses
        self._service = service

    def codes(self, name: str) -> list[str]:
        """The codes with which a response may carry a field: those of its types, those a Service Class may assign."""
        codes: set[str] = set()
        for status_type in self._permitting(name):
            if status_type.code is not None:
                codes.add(status_type.code)
            elif status_type.name in self._service.status_types:
                patterns = self._statuses.classes[status_type.status_class]
                codes |= {p for p in patterns if p in self._statuses.assigned_by_service_class}
        return sorted(codes)

    def section(self, name: str) -> str:
        """Where Annex C permits a field in this service's responses."""
        types = [t for t in self._permitting(name) if t.name in self._service.status_types]
        return ", ".join(status_type.section for status_type in types)

    def added(self) -> list[str]:
        """The parameters that Annex C adds to the rows of the table, in order of tag."""
        listed = [self._statuses.type(name) for name in self._service.status_types]
        wanted = {
            part
            for status_type in listed
            if status_type is not None
            for field in status_type.fields
            if self._here(field)
            for part in field.split("/")
        }
        own = {parameter.name for parameter in self._service.parameters}
        elements = sorted(self._dictionary.elements, key=lambda element: element.tag)
        return [str(element.name) for element in elements if element.name in wanted - own]

    def parameters(self) -> list[str]:
        """Every parameter of the service: the rows of its table, then those that Annex C adds."""
        return [*(str(parameter.name) for parameter in self._service.parameters), *self.added()]

    def parameters_of(self, column: str) -> list[str]:
        """Every parameter that the message of a column may carry."""
        return [name for name in self.parameters() if self._may_stand(name, column)]

    def _may_stand(self, name: str, column: str) -> bool:
        """A cell other than '-', or a permission of Annex C."""
        if self._service.cell(name, column) not in (None, "-"):
            return True
        return column == "Rsp/Conf" and name not in self._dictionary.data_sets and bool(self.codes(name))

    def _permitting(self, name: str) -> list[StatusType]:
        """The status types that permit a field in this service's responses."""
        data_set = self._response_data_set()
        found = []
        for status_type in self._statuses.types:
            parts = [part for field in status_type.fields if self._here(field) for part in field.split("/")]
            # A Data Set that Annex C permits travels as the one Data Set that the response has.
            as_data_set = name == data_set and any(part in self._own_data_sets() for part in parts)
            if name in parts or as_data_set:
                found.append(status_type)
        return found

    def _own_data_sets(self) -> set[str]:
        names = {str(parameter.name) for parameter in self._service.parameters}
        return names & {str(name) for name in self._dictionary.data_sets}

    def _here(self, field: str) -> bool:
        """Whether this service's responses may carry a field that only one service's may."""
        only_in = next((service for name, service in self._statuses.only_in.items() if name == field), None)
        return only_in in (None, self._service.name)

    def _response_data_set(self) -> str | None:
        for parameter in self._service.parameters:
            cell = self._service.cell(parameter.name, "Rsp/Conf")
            if parameter.name in self._dictionary.data_sets and cell not in (None, "-"):
                return parameter.name
        return None
