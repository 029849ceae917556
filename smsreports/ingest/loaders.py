"""Loaders of all sources, and what they have together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from django.apps import apps
from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured

from smsreports.ingest.event_records import EVENT_KINDS
from smsreports.records.loader import Loader
from smsreports.records.merge_steps import MergeStep
from smsreports.records.record_kinds import RecordKind
from smsreports.records.sms_table import SmsTable
from smsreports.records.staging import StagingTable
from smsreports.sources import get_sources


@dataclass(frozen=True, eq=False)
class LoaderSet:
    """The loaders of all sources, and their combined tables. They are combined once, not for each line."""

    loaders: Sequence[Loader]

    @cached_property
    def kinds(self) -> Mapping[str, RecordKind]:
        """All kinds of record by type: those of the sources, then those of events."""
        kinds: dict[str, RecordKind] = {}
        for kinds_of_one in (*(loader.kinds for loader in self.loaders), EVENT_KINDS):
            if twice := kinds.keys() & kinds_of_one.keys():
                raise ImproperlyConfigured(f"two loaders have records of type {', '.join(sorted(twice))}")
            kinds.update(kinds_of_one)
        return kinds

    @cached_property
    def stages(self) -> Mapping[str, StagingTable]:
        """All staging tables by name."""
        return {kind.stage.name: kind.stage for kind in self.kinds.values()}

    @cached_property
    def source_stages(self) -> frozenset[str]:
        """The names of the staging tables of the sources."""
        return frozenset(kind.stage.name for loader in self.loaders for kind in loader.kinds.values())

    @cached_property
    def steps(self) -> Sequence[MergeStep]:
        """The merge steps of all sources, in their order."""
        return [step for loader in self.loaders for step in loader.get_steps()]

    @cached_property
    def sms_tables(self) -> Sequence[SmsTable]:
        return [loader.sms for loader in self.loaders]

    @cached_property
    def shared_references(self) -> frozenset[str]:
        """The kinds of reference that may lead to more than one SMS."""
        unique = {table.key for table in self.sms_tables}
        references = [column for table in self.sms_tables for column in table.references]
        return frozenset(column for column in references if column not in unique or references.count(column) > 1)


@cache
def get_loader_set() -> LoaderSet:
    """Return the loaders of the registered sources, ordered by slug. Call it when all apps are ready."""
    if not apps.ready:
        raise AppRegistryNotReady("loaders are complete when all apps are ready")
    return LoaderSet([source.loader for source in get_sources()])
