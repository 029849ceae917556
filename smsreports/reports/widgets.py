"""Fields of a form as markup, without a template for each."""

from collections.abc import Mapping
from html import escape
from typing import Any

from django import forms
from django.utils.safestring import SafeString, mark_safe


class FastSelect(forms.Select):
    """A select without groups. Django's own renders a template for each option, which takes longer than a query."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        words = dict(self.choices)
        if value and value not in words:
            words[value] = value  # what the address says stays to be read, and mended
        options = "".join(
            f'<option value="{escape(word)}"{" selected" if word == value else ""}>{escape(label)}</option>'
            for word, label in words.items()
        )
        attributes = _render_attributes({"name": name, **self.attrs, **(attrs or {})})
        return mark_safe(f"<select{attributes}>{options}</select>")  # noqa: S308  escaped above


class FastTextInput(forms.TextInput):
    """A line of text, likewise without a template."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attributes = {"type": self.input_type, "name": name, "value": value or None, **self.attrs, **(attrs or {})}
        return mark_safe(f"<input{_render_attributes(attributes)}>")  # noqa: S308  escaped there


def _render_attributes(attributes: Mapping[str, Any]) -> str:
    """As Django's `flatatt`, quickly."""
    named = {name: value for name, value in attributes.items() if value is not None and value is not False}
    return "".join(f" {name}" if value is True else f' {name}="{escape(str(value))}"' for name, value in named.items())
