"""Tag by which a template of Django's admin includes one of Jinja2: `{% include_jinja2 "a.html" name=value %}`."""

from django import template

from smsreports.staff.fragments import render_fragment

register = template.Library()
register.simple_tag(render_fragment, name="include_jinja2")
