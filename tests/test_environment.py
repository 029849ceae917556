"""The readers of environment variables: accepted values, defaults and errors that name the variable."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from smsreports.environment import read_bool, read_choice, read_int, read_list, read_pair, read_text

NAME = "SMSREPORTS_TEST"
read_colour = partial(read_choice, NAME, ("red", "green"), "red")
read_flag = partial(read_bool, NAME, default=False)
read_count = partial(read_int, NAME, default=5, minimum=1, maximum=100)

ACCEPTED: list[tuple[Callable[[], Any], str, Any]] = [
    (partial(read_text, NAME), "a b", "a b"),
    (partial(read_text, NAME, "default"), "given", "given"),
    (read_colour, "green", "green"),
    *((read_flag, value, True) for value in ("1", "true", "TRUE", "yes", "On")),
    *((partial(read_bool, NAME, default=True), value, False) for value in ("0", "false", "False", "no", "OFF")),
    (read_count, "1", 1),
    (read_count, "100", 100),
    (read_count, "007", 7),
    (partial(read_list, NAME), "a", ["a"]),
    (partial(read_list, NAME), " a, b ,,c,", ["a", "b", "c"]),
    (partial(read_pair, NAME), "HTTP_X_PROTO=https", ("HTTP_X_PROTO", "https")),
]
DEFAULTS: list[tuple[Callable[[], Any], Any]] = [
    (partial(read_text, NAME, "default"), "default"),
    (partial(read_text, NAME, ""), ""),
    (read_colour, "red"),
    (read_flag, False),
    (partial(read_bool, NAME, default=True), True),
    (read_count, 5),
    (partial(read_list, NAME, ""), []),
    (partial(read_list, NAME, "a,b"), ["a", "b"]),
    (partial(read_pair, NAME), None),
]
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (read_colour, "blue"),
    *((partial(read_list, NAME), value) for value in (",", " , ,")),
    *((partial(read_pair, NAME), value) for value in ("HTTP_X_PROTO", "HTTP_X_PROTO=", "=https", "=")),
    (read_colour, "RED"),
    (read_colour, "red "),
    *((read_flag, value) for value in ("maybe", "2", "y", " on")),
    *((read_count, value) for value in ("0", "101", "-1", "1.5", "1e2", "1_0", "five", " 5", "٥", "²")),
]


@pytest.mark.parametrize(("read", "value", "expected"), ACCEPTED)
def test_a_valid_value_is_read(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any], value: str, expected: object
) -> None:
    monkeypatch.setenv(NAME, value)
    assert read() == expected


@pytest.mark.parametrize("setting", ["unset", "empty"])
@pytest.mark.parametrize(("read", "default"), DEFAULTS)
def test_an_unset_or_empty_variable_has_the_default(
    monkeypatch: pytest.MonkeyPatch, setting: str, read: Callable[[], Any], default: object
) -> None:
    monkeypatch.delenv(NAME, raising=False)
    if setting == "empty":
        monkeypatch.setenv(NAME, "")
    assert read() == default


@pytest.mark.parametrize("read", [read_text, read_list])
def test_the_error_names_a_missing_variable(monkeypatch: pytest.MonkeyPatch, read: Callable[[str], Any]) -> None:
    monkeypatch.delenv(NAME, raising=False)
    with pytest.raises(ImproperlyConfigured, match=f"{NAME} is not set"):
        read(NAME)


@pytest.mark.parametrize(("read", "value"), REFUSED)
def test_the_error_names_the_variable_and_its_invalid_value(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any], value: str
) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured) as stopped:
        read()
    assert str(stopped.value).startswith(f"{NAME} is {value!r}; it must be ")
