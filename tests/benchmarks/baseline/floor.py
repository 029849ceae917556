"""The floor: 25 rows by index without credentials or total, serialized as fast as possible."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import path

from messages_app.models import Message
from messages_app.serializers import MessageSerializer
from smsreports.api.rendering import dump_json
from tests.benchmarks.bench import PAGE_SIZE


def messages(request: HttpRequest) -> HttpResponse:
    since, until = (datetime.fromisoformat(request.GET[name]) for name in ("since", "until"))
    rows = Message.unscoped.filter(account_id=request.GET["account"], created_at__gte=since, created_at__lt=until)
    page = rows.order_by("-created_at", "-id").values(*MessageSerializer.Meta.fields)[:PAGE_SIZE]
    return HttpResponse(dump_json({"messages": list(page)}), content_type="application/json")


urlpatterns = [path("messages", messages)]
