"""Query strings as PHP reads and writes them, for links that are Laravel's to the letter.

Source: `php_register_variable_ex` in PHP's main/php_variables.c, and `http_build_query`. Laravel drops empty values
(ConvertEmptyStringsToNull) before it writes.
"""

import re
from collections.abc import Iterable, Iterator

# A PHP array: what stands at each key, in order.
PhpArray = dict["str | int", "str | PhpArray"]

# A key that PHP makes an integer.
INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
BRACKET = re.compile(r"\[([^\]]*)\]")
SPACES = " \t\n\v\f\r"
# PHP's max_input_nesting_level: it ignores a name with more brackets.
MAX_BRACKETS = 64


def parse_query(pairs: Iterable[tuple[str, str]]) -> PhpArray:
    """Build the array that PHP makes of a query string: `a[]=1&a[k]=2` nests, and the last of equal names stands."""
    found: PhpArray = {}
    for name, value in pairs:
        keys = _parse_name(name)
        if not keys:
            continue
        level = found
        for key in keys[:-1]:
            below = level.get(index := _index(level, key))
            if not isinstance(below, dict):
                below = level[index] = {}
            level = below
        level[_index(level, keys[-1])] = value
    return found


def flatten_query(array: PhpArray, within: str = "") -> Iterator[tuple[str, str]]:
    """Yield the names and values that PHP writes for an array, without the empty ones."""
    for key, value in array.items():
        name = f"{within}[{key}]" if within else str(key)
        if isinstance(value, dict):
            yield from flatten_query(value, name)
        elif value:
            yield name, value


def _parse_name(name: str) -> list[str]:
    """Return the keys that lead to a value, an empty one for "the next"; none where PHP ignores the name."""
    name = name.lstrip(" ").partition("\0")[0]
    first, bracket, _ = name.partition("[")
    if not first:
        return []
    keys, at = [re.sub(r"[ .]", "_", first)], len(first)
    while match := BRACKET.match(name, at):
        keys.append(match[1] if match[1].strip(SPACES) else "")
        at = match.end()
    if bracket and len(keys) == 1:  # a bracket that is never closed is part of the name
        return [re.sub(r"[ .\[]", "_", name)]
    return keys if len(keys) - 1 <= MAX_BRACKETS else []


def _index(level: PhpArray, key: str) -> str | int:
    if key == "":
        return max((index for index in level if isinstance(index, int)), default=-1) + 1
    return int(key) if INTEGER.fullmatch(key) else key
