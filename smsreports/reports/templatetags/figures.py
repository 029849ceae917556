"""Template tags and filters of the report pages."""

from django import template

from smsreports.reports import figures, markup
from smsreports.reports.health import markup as health

register = template.Library()
register.filter("bars", markup.render_bars)
register.filter("strokes", markup.render_line_segments)
register.filter("dots", markup.render_dots)
register.filter("scale", markup.render_scale)
register.filter("cells", markup.render_number_cells)
register.filter("field", markup.render_field)
register.simple_tag(markup.render_grid, name="grid")
register.filter("rows", health.render_rows)
register.filter("percent", figures.format_percent)
register.filter("number", figures.format_number)
register.filter("money", figures.format_money)
register.filter("exact", figures.format_exact)
register.filter("moment", figures.format_moment)
register.filter("machine", figures.format_iso)
register.filter("duration", figures.format_duration)
register.filter("quantile", figures.format_quantile)
register.filter("size", figures.format_size)
