"""Serializers that leave rows as mappings."""

from typing import Any, ClassVar

from rest_framework.serializers import BaseSerializer


class MappingSerializer(BaseSerializer[Any]):
    """Declaration of the columns that a list reads, by our names.

    Rows stay the mappings that the database returned, because building an object and a field for every value costs
    more than reading it. The dialect renders them with its own keys.
    """

    columns: ClassVar[tuple[str, ...]]

    def to_representation(self, instance: Any) -> Any:
        return instance
