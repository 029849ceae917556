"""HTML that the pages of Django's admin contain, rendered by Jinja2."""

from typing import cast

from django.template import engines
from django.template.backends.jinja2 import Jinja2
from markupsafe import Markup


def render_fragment(template_name: str, **context: object) -> Markup:
    """Render a Jinja2 template as markup, which Django's templates show as it is.

    A rendered string would be escaped by them: the marker is the one of Jinja2's own blocks, which escape each value.
    """
    environment = cast(Jinja2, engines["jinja2"]).env
    return environment.get_template(template_name).make_module(context).__html__()
