"""Which of a row's columns a list carries."""

from typing import Any, ClassVar

from rest_framework.serializers import BaseSerializer


class MappingSerializer(BaseSerializer[Any]):
    """A declaration: the columns a list reads, in our names.

    The rows stay the plain mappings that the database gave, because building an object and a field
    for every value costs more than reading it; a dialect then writes them in its own keys.
    """

    columns: ClassVar[tuple[str, ...]]

    def to_representation(self, instance: Any) -> Any:
        return instance
