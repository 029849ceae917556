"""Exact comparison of two JSON values."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any


def parse_json(text: str) -> Any:
    """Parse JSON with decimals as Decimal. Raises AssertionError for exponents and trailing zeros in the text."""
    return json.loads(text, parse_float=_parse_money, parse_constant=_refuse)


def _parse_money(text: str) -> Decimal:
    assert re.fullmatch(r"-?[0-9]+\.[0-9]*[1-9]", text), f"not a plain number: {text}"
    return Decimal(text)


def _refuse(text: str) -> Decimal:
    raise AssertionError(f"not a number: {text}")


def find_difference(expected: Any, found: Any, path: str = "", *, ordered: bool = False) -> str | None:
    """Return the first difference of two values, or None; `ordered` also compares the order of keys."""
    if json_kind(expected) != json_kind(found):
        return f"{path or 'body'}: expected {shorten(expected)}, found {shorten(found)}"
    if isinstance(expected, dict):
        return _compare_keys(expected, found, path, ordered) or _first(
            find_difference(value, found[key], f"{path}.{key}", ordered=ordered) for key, value in expected.items()
        )
    if isinstance(expected, list):
        inside = (
            find_difference(*pair, f"{path}[{index}]", ordered=ordered)
            for index, pair in enumerate(zip(expected, found, strict=False))
        )
        lengths = f"{path}: expected {len(expected)} of them, found {len(found)}"
        return _first(inside) or (lengths if len(expected) != len(found) else None)
    return None if expected == found else f"{path}: expected {shorten(expected)}, found {shorten(found)}"


def _compare_keys(expected: dict[str, Any], found: dict[str, Any], path: str, ordered: bool) -> str | None:
    expected_keys, keys = list(expected), list(found)
    if expected_keys == keys or (not ordered and set(expected_keys) == set(keys)):
        return None
    return f"{path or 'body'}: expected the keys {expected_keys}, found {keys}"


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text), None)


def json_kind(value: Any) -> str:
    """Return the JSON type of a value; integers and decimals are one type, `true` is not a number."""
    names = {int: "number", Decimal: "number", bool: "bool", str: "text", dict: "object", list: "array"}
    return names.get(type(value), "null")


def shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
