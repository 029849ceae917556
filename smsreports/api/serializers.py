"""Serializers that leave rows as mappings until the dialect renders them."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from django.db import models
from django.db.models import Expression, F, Model
from rest_framework.serializers import ModelSerializer

from smsreports.export.columns import Column, ColumnKind

KINDS: Mapping[type[object], ColumnKind] = {
    models.CharField: ColumnKind.TEXT,
    models.TextField: ColumnKind.TEXT,
    models.DateTimeField: ColumnKind.TIME,
    models.DecimalField: ColumnKind.MONEY,
    models.BooleanField: ColumnKind.FLAG,
    models.BigAutoField: ColumnKind.NUMBER,
    models.PositiveSmallIntegerField: ColumnKind.NUMBER,
}


class MappingSerializer(ModelSerializer[Model]):
    """Columns of a list: those fields of the model that `Meta.fields` names.

    Rows stay the mappings that the database returned, because building an object and a field for every value costs
    more than reading it. The endpoint's dialect renders each with its own keys.
    """

    # Name of the rows' schema in the description of the API.
    schema_name: ClassVar[str] = ""

    class Meta:
        model: type[Model]
        fields: Sequence[str]

    def __init_subclass__(cls) -> None:
        cls.schema_name = cls.schema_name or cls.Meta.model.__name__

    def to_representation(self, instance: Mapping[str, object]) -> object:  # type: ignore[override]  # no instance
        return self.context["view"].endpoint.render_row(instance)

    @classmethod
    def build_expressions(cls) -> Mapping[str, Expression | F]:
        """Return what the list selects: an expression by the name of each column."""
        return {name: F(name) for name in cls.Meta.fields}

    @classmethod
    def list_columns(cls) -> Sequence[Column]:
        """Return the columns with their kinds, which the description of the API shows."""
        fields = {field.attname: field for field in cls.Meta.model._meta.concrete_fields}
        return [_build_column(name, fields[name]) for name in cls.Meta.fields]


def _build_column(name: str, field: "models.Field[object, object]") -> Column:
    words = [str(value) for value, _ in field.choices or ()]
    return Column(name, KINDS[type(field)], is_nullable=field.null, words=words)
