"""Form widgets that render without templates."""

from collections.abc import Mapping
from html import escape
from typing import Any

from django import forms
from django.utils.safestring import SafeString, mark_safe


class FastSelect(forms.Select):
    """Select without groups. Django's own renders a template per option, which takes longer than a query."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        labels = dict(self.choices)
        if value and value not in labels:
            labels[value] = value  # an invalid value stays visible, so that the user can correct it
        options = "".join(
            f'<option value="{escape(choice)}"{" selected" if choice == value else ""}>{escape(label)}</option>'
            for choice, label in labels.items()
        )
        attributes = _render_attributes({"name": name, **self.attrs, **(attrs or {})})
        return mark_safe(f"<select{attributes}>{options}</select>")  # noqa: S308  escaped above


class FastTextInput(forms.TextInput):
    """Text input that renders without a template."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attributes = {"type": self.input_type, "name": name, "value": value or None, **self.attrs, **(attrs or {})}
        return mark_safe(f"<input{_render_attributes(attributes)}>")  # noqa: S308  escaped below


def _render_attributes(attributes: Mapping[str, Any]) -> str:
    """Render attributes like Django's `flatatt`, but faster."""
    present = {name: value for name, value in attributes.items() if value is not None and value is not False}
    return "".join(
        f" {name}" if value is True else f' {name}="{escape(str(value))}"' for name, value in present.items()
    )
