"""Viewsets, errors, content negotiation and rendering that all dialects share."""
