"""Serializers of lists over several sources."""

from collections.abc import Sequence
from dataclasses import replace

from smsreports.api.serializers import MappingSerializer
from smsreports.export.columns import Column
from smsreports.sources import get_sources
from smsreports.unified.columns import COLUMNS


class UnifiedSerializer(MappingSerializer):
    """Rows with the columns of `smsreports.unified.columns`, which each source maps to its fields."""

    schema_name = "UnifiedRow"

    @classmethod
    def list_columns(cls) -> Sequence[Column]:
        labels = [source.sms.source_label for source in get_sources()]
        return [replace(column, words=labels) if column.name == "source" else column for column in COLUMNS]


class ItemSerializer(MappingSerializer):
    """Rows with the columns of items and with their receivers."""

    schema_name = "Item"
