"""Random draws for generated records: statuses, times, and fields that may be missing."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.values import CODES, SEPARATORS, ZEROS

Record = dict[str, Any]
NON_FINAL = ("pending", "sent", "ENROUTE", "ACCEPTD")
FINAL = ("DELIVRD", "UNDELIV", "REJECTD", "DELETED", "EXPIRED", "UNKNOWN", "failed")
SUBMITTED = ("sent", "ENROUTE", "ACCEPTD")


def format_time(moment: datetime) -> str:
    """Return a record's spelling of a time: microseconds only where there are some."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if moment.microsecond else "%Y-%m-%dT%H:%M:%SZ")


def code_for(status: str, at: datetime) -> str:
    """Return the status code of a report, which depends on status and time alone: equal reports have equal codes."""
    return "" if status == "pending" else random.Random(f"{status} {at.isoformat()}").choice(CODES)


def draw_status(rng: random.Random) -> str:
    return rng.choice(("DELIVRD", "DELIVRD", "DELIVRD", "pending", *NON_FINAL, *FINAL))


def draw_delivery_time(rng: random.Random, status: str, after: datetime) -> datetime | None:
    """Return the time of delivery, which only delivered records have, and not all of them."""
    return after + draw_delay(rng, 600) if status == "DELIVRD" and rng.random() < 0.95 else None


def set_report(rng: random.Random, record: Record, status: str, at: datetime) -> None:
    if status != "pending" or rng.random() < 0.5:
        record["status"] = status
    code = code_for(status, at)
    if code or rng.random() < 0.5:
        record["status_code"] = code


def set_optional(rng: random.Random, record: Record, key: str, value: str | None) -> None:
    """Set a value that may be missing: None is written or left out."""
    if value is not None or rng.random() < 0.5:
        record[key] = value


def spell_number(rng: random.Random, number: str) -> str:
    """Return another way to write a number that begins with `+`: with `00`, in another script, with marks."""
    zero = ord(rng.choice(ZEROS))
    digits = (rng.choice(SEPARATORS) + chr(zero + int(digit)) for digit in number[1:])
    return rng.choice(("+", "00", "\uff0b", "\u202a+")) + "".join(digits)


def respell_recipient(rng: random.Random, record: Record) -> Record:
    """Return the record, in some cases with its number written in another way."""
    if "recipient" not in record or rng.random() < 0.6:
        return record
    return record | {"recipient": spell_number(rng, record["recipient"])}


def draw_delay(rng: random.Random, seconds: int) -> timedelta:
    """Return a delay of up to `seconds`, in whole seconds or in microseconds."""
    unit: Callable[[], timedelta] = rng.choice(
        (
            lambda: timedelta(seconds=rng.randint(1, seconds)),
            lambda: timedelta(microseconds=rng.randint(1, seconds * 10**6)),
        )
    )
    return unit()
