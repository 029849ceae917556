"""The OpenAPI document and its page, drawn from the specs beside the code."""
