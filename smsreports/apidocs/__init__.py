"""The OpenAPI document and its page, drawn from specs that stand beside the code."""
