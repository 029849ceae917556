"""The plain service: DRF's viewset, pagination and serializer, django-filter, and CSV written row by row."""

import csv
from collections.abc import Iterator
from typing import Any

import django_filters as filters
from django.http import StreamingHttpResponse
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import ModelSerializer
from rest_framework.viewsets import ModelViewSet

from messages_app.models import Message
from messages_app.serializers import MessageSerializer
from tests.benchmarks.bench import PAGE_SIZE


class PlainSerializer(ModelSerializer[Message]):
    class Meta:
        model = Message
        fields = MessageSerializer.Meta.fields


class PlainFilterSet(filters.FilterSet):
    since = filters.IsoDateTimeFilter("created_at", "gte")
    until = filters.IsoDateTimeFilter("created_at", "lt")
    phone = filters.CharFilter("recipient", "contains")

    class Meta:
        model = Message
        fields = ("account", "status", "country", "sender_id")


class PlainPages(PageNumberPagination):
    page_size = PAGE_SIZE


class EchoFile:
    """File object that returns what is written to it."""

    def write(self, text: str) -> str:
        return text


class PlainViewSet(ModelViewSet[Message]):
    queryset = Message.unscoped.order_by("-created_at", "-id")
    serializer_class = PlainSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = PlainFilterSet
    pagination_class = PlainPages

    @action(detail=False)
    def export(self, request: Request) -> StreamingHttpResponse:
        return StreamingHttpResponse(self._lines(), content_type="text/csv")

    def _lines(self) -> Iterator[Any]:
        writer = csv.writer(EchoFile())
        for row in self.filter_queryset(self.get_queryset()).values_list(*MessageSerializer.Meta.fields).iterator():
            yield writer.writerow(row)


router = SimpleRouter(trailing_slash=False)
router.register("messages", PlainViewSet)
urlpatterns = router.urls
