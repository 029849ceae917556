"""What a page shows of a person: one place to decide how much of a number each reader sees."""

from typing import Any


def number_for(user: Any, number: str) -> str:
    """The number as `user` may read it. Whoever may view traffic at all sees it whole."""
    return number
