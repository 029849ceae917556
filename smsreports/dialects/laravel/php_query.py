"""Query strings as PHP reads and writes them, for links exactly like Laravel's.

Source: `php_register_variable_ex` in PHP's main/php_variables.c, and `http_build_query`. Laravel drops empty values
(ConvertEmptyStringsToNull) before it writes.
"""

import re
from collections.abc import Iterable, Iterator

# A PHP array: an ordered mapping.
PhpArray = dict["str | int", "str | PhpArray"]

# A key that PHP converts to an integer.
INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
BRACKET = re.compile(r"\[([^\]]*)\]")
SPACES = " \t\n\v\f\r"
# PHP's max_input_nesting_level. PHP ignores a name with more brackets.
MAX_BRACKETS = 64


def parse_query(pairs: Iterable[tuple[str, str]]) -> PhpArray:
    """Build the array that PHP makes of a query string: `a[]=1&a[k]=2` nests, and the last of equal names wins."""
    array: PhpArray = {}
    for name, value in pairs:
        keys = _parse_name(name)
        if not keys:
            continue
        level = array
        for key in keys[:-1]:
            child = level.get(index := _array_key(level, key))
            if not isinstance(child, dict):
                child = level[index] = {}
            level = child
        level[_array_key(level, keys[-1])] = value
    return array


def flatten_query(array: PhpArray, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the names and values that PHP writes for an array, without the empty ones."""
    for key, value in array.items():
        name = f"{prefix}[{key}]" if prefix else str(key)
        if isinstance(value, dict):
            yield from flatten_query(value, name)
        elif value:
            yield name, value


def _parse_name(name: str) -> list[str]:
    """Return the path of keys to a value. An empty key appends; an empty path is a name that PHP ignores."""
    name = name.lstrip(" ").partition("\0")[0]
    first, bracket, _ = name.partition("[")
    if not first:
        return []
    keys, position = [re.sub(r"[ .]", "_", first)], len(first)
    while match := BRACKET.match(name, position):
        keys.append(match[1] if match[1].strip(SPACES) else "")
        position = match.end()
    if bracket and len(keys) == 1:  # a bracket that is never closed is part of the name
        return [re.sub(r"[ .\[]", "_", name)]
    return keys if len(keys) - 1 <= MAX_BRACKETS else []


def _array_key(level: PhpArray, key: str) -> str | int:
    """Return the key under which PHP stores a value: the next integer for an empty key."""
    if key == "":
        return max((index for index in level if isinstance(index, int)), default=-1) + 1
    return int(key) if INTEGER.fullmatch(key) else key
