"""Fuzzing of a running server: schemathesis generates thousands of requests from the OpenAPI document."""
