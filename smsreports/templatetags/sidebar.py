"""The sidebar of every admin page, whose lines would take a template longer than a list's rows take the database."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
HEAD = (
    '<thead class="visually-hidden"><tr><th scope="col">Model name</th><th scope="col">Add link</th>'
    '<th scope="col">Change or view list link</th></tr></thead>'
)
NOTHING = "<p>You don\u2019t have permission to view or edit anything.</p>"


@register.filter
def sidebar(apps: Sequence[Mapping[str, Any]], path: str) -> SafeString:
    """What Django's `admin/app_list.html` says of these apps on the page at `path`."""
    here = quote(path)
    return mark_safe("".join(_app(app, here) for app in apps) or NOTHING)  # noqa: S308  every name is escaped


def _app(app: Mapping[str, Any], here: str) -> str:
    name, label, now = escape(str(app["name"])), app["app_label"], " current-app" if app["app_url"] in here else ""
    title = f'<a href="{app["app_url"]}" class="section" title="Models in the {name} application">{name}</a>'
    lines = "".join(_line(label, model, here) for model in app["models"])
    return f'<div class="app-{label} module{now}"><table><caption>{title}</caption>{HEAD}{lines}</table></div>\n'


def _line(label: str, model: Mapping[str, Any], here: str) -> str:
    kind, address = model["object_name"].lower(), model.get("admin_url")
    row, name, id_ = f"model-{kind}", escape(str(model["name"])), f"{label}-{kind}"
    if address:
        now = ' aria-current="page"' if address in here else ""
        row, name = row + (" current-model" if now else ""), f'<a href="{address}"{now}>{name}</a>'
    add = f'<a href="{model["add_url"]}" class="addlink" aria-describedby="{id_}">Add</a>' if model["add_url"] else ""
    return f'<tr class="{row}"><th scope="row" id="{id_}">{name}</th><td>{add}</td></tr>'
