"""Jinja2 environment of the pages."""

from django.templatetags.static import static
from django.urls import reverse
from jinja2 import BaseLoader, Environment, Undefined

from smsreports.reports import figures
from smsreports.staff.changelist import format_value


def build_environment(
    *, loader: BaseLoader, autoescape: bool, auto_reload: bool, undefined: type[Undefined]
) -> Environment:
    """Build the environment from the options of the backend, with the globals and filters of our templates."""
    environment = Environment(
        loader=loader,
        autoescape=autoescape,  # noqa: S701  on in the settings
        auto_reload=auto_reload,
        undefined=undefined,
        # A line that holds only a tag leaves no blank line in the page.
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"static": static, "url": build_url}
    environment.filters |= {
        "cell": format_value,
        "decimal": figures.format_exact,
        "duration": figures.format_duration,
        "iso": figures.format_iso,
        "minute": figures.format_minute,
        "moment": figures.format_moment,
        "money": figures.format_money,
        "number": figures.format_number,
        "percent": figures.format_percent,
        "quantile": figures.format_quantile,
        "size": figures.format_size,
    }
    return environment


def build_url(view_name: str, *args: str | int, **kwargs: str | int) -> str:
    """Return the path of a view: `url("reports:overview")`."""
    return reverse(view_name, args=args, kwargs=kwargs)
