"""Sidebar of the admin pages, built in Python because Django's template takes longer than the queries of a list."""

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
NO_PERMISSION = "<p>You don\u2019t have permission to view or edit anything.</p>"


@register.filter
def sidebar(apps: Sequence[Mapping[str, Any]], path: str) -> SafeString:
    """Render the same HTML as Django's `admin/app_list.html` for these apps, on the page at `path`."""
    current = quote(path)
    html = "".join(_render_app(app, current) for app in apps) or NO_PERMISSION
    return mark_safe(html)  # noqa: S308  every name is escaped


def _render_app(app: Mapping[str, Any], current: str) -> str:
    name, label, url = escape(str(app["name"])), app["app_label"], app["app_url"]
    css = f"app-{label} module{' current-app' if url in current else ''}"
    title = f'<a href="{url}" class="section" title="Models in the {name} application">{name}</a>'
    rows = "".join(_render_model(label, model, current) for model in app["models"])
    return f'<div class="{css}"><table><caption>{title}</caption>{HEAD}{rows}</table></div>\n'


def _render_model(label: str, model: Mapping[str, Any], current: str) -> str:
    model_name, url = model["object_name"].lower(), model.get("admin_url")
    css, name, id_ = f"model-{model_name}", escape(str(model["name"])), f"{label}-{model_name}"
    if url:
        aria = ' aria-current="page"' if url in current else ""
        css, name = css + (" current-model" if aria else ""), f'<a href="{url}"{aria}>{name}</a>'
    add = f'<a href="{model["add_url"]}" class="addlink" aria-describedby="{id_}">Add</a>' if model["add_url"] else ""
    return f'<tr class="{css}"><th scope="row" id="{id_}">{name}</th><td>{add}</td></tr>'
