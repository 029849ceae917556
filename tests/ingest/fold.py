"""What the tables must hold after some records: told one record at a time, slowly, and without SQL."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from smsreports.sms.statuses import FINAL, NAMES
from tests.ingest.conftest import Record

SUBMITTED = ("sent", "ENROUTE", "ACCEPTD")


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True)
class Report:
    """What a record says about a row's status."""

    status: str
    code: str
    at: datetime
    delivered_at: datetime | None = None

    @property
    def rank(self) -> tuple[int, datetime, int, str, datetime]:
        precedence = 2 if self.status == "DELIVRD" else int(self.status in FINAL)
        never = datetime.min.replace(tzinfo=UTC)
        return precedence, self.at, NAMES.index(self.status), self.code, self.delivered_at or never


@dataclass
class Fold:
    """What the tables must hold after `records`, told one by one and without SQL. Sets know no order."""

    records: list[Record]
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    sends: dict[str, dict[str, Any]] = field(default_factory=dict)
    # By message: how many receipts of each verdict, status, code and time.
    timelines: dict[str, Counter[tuple[Any, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for record in self.of("message"):
            self.messages[record["client_message_id"]] = self.message(record["client_message_id"])
        for record in self.of("send"):
            if record["broadcast"] in self.broadcasts:
                self.sends[record["message_id"]] = self.send(record["message_id"])
        for row in self.messages.values():
            mates = [one for one in self.messages.values() if one["request_key"] == row["request_key"]]
            row["heads_request"] = row is min(mates, key=lambda one: (one["created_at"], one["client_message_id"]))
            self.timelines[row["client_message_id"]] = timeline(row, self.receipts(row))

    def of(self, kind: str, **wanted: Any) -> list[Record]:
        return [one for one in self.records if one["type"] == kind and all(one.get(k) == v for k, v in wanted.items())]

    @property
    def broadcasts(self) -> set[str]:
        return {record["broadcast"] for record in self.of("broadcast")}

    def message(self, key: str) -> dict[str, Any]:
        told = self.of("message", client_message_id=key)
        carrier = next((one["message_id"] for one in told if one["message_id"]), None)
        receipts = self.receipts({"client_message_id": key, "message_id": carrier})
        left = [one["sent_at"] for one in told if one["sent_at"]]
        left += [one["at"] for one in receipts if one["status"] in SUBMITTED]
        return {
            "client_message_id": key,
            "request_key": told[0]["request_id"],
            "message_id": carrier,
            "created_at": moment(told[0]["created_at"]),
            "sent_at": moment(min(left, default=None)),
        } | winner(told, receipts)

    def receipts(self, row: dict[str, Any]) -> list[Record]:
        """Those that name a message by either id."""
        ids = {name: row[name] for name in ("client_message_id", "message_id") if row[name]}
        return [one for name, value in ids.items() for one in self.of("receipt", **{name: value})]

    def send(self, key: str) -> dict[str, Any]:
        clicks, actions = self.clicks(key), self.actions(key)
        first = min(actions, default=(None, None))
        return {
            "message_id": key,
            "clicked_at": min(clicks, default=None),
            "click_count": len(clicks),
            "action_type": first[1],
            "action_at": first[0],
            "action_count": len(actions),
        } | winner(self.of("send", message_id=key), self.of("receipt", message_id=key))

    def clicks(self, key: str) -> set[datetime]:
        told = [one["clicked_at"] for one in self.of("send", message_id=key)]
        return {datetime.fromisoformat(one) for one in told if one} | {
            datetime.fromisoformat(one["at"]) for one in self.of("click", message_id=key)
        }

    def actions(self, key: str) -> set[tuple[datetime, str]]:
        told = [(one["action_at"], one["action_type"]) for one in self.of("send", message_id=key)]
        told += [(one["at"], one["action_type"]) for one in self.of("action", message_id=key)]
        return {(datetime.fromisoformat(when), kind) for when, kind in told if when}

    @property
    def events(self) -> set[tuple[Any, ...]]:
        """Those that came by themselves, and those that the records of sends tell."""
        found = {self.event(record) for kind in ("receipt", "click", "action") for record in self.of(kind)}
        for key in self.sends:
            found |= {("click", "message_id", key, when, "", "", "", False) for when in self.clicks(key)}
            found |= {("action", "message_id", key, when, "", "", kind, False) for when, kind in self.actions(key)}
        return found

    def event(self, record: Record) -> tuple[Any, ...]:
        reference = next(name for name in ("client_message_id", "message_id") if record.get(name))
        known = {one[reference] for one in (*self.messages.values(), *self.sends.values()) if reference in one}
        if record["type"] != "receipt":
            known = set(self.sends)
        said = [record.get(name, "") for name in ("status", "status_code", "action_type")]
        return record["type"], reference, record[reference], moment(record["at"]), *said, record[reference] not in known

    @property
    def waiting(self) -> set[str]:
        return {record["message_id"] for record in self.of("send")} - set(self.sends)


def winner(told: Iterable[Record], receipts: Iterable[Record]) -> dict[str, Any]:
    """The status, its code and its times, by the report of the highest rank."""
    reports = [Report(one["status"], one["status_code"], reported(one), moment(one["delivered_at"])) for one in told]
    for one in receipts:
        when = datetime.fromisoformat(one["at"])
        reports.append(Report(one["status"], one["status_code"], when, when if one["status"] == "DELIVRD" else None))
    best = max(reports, key=lambda report: report.rank)
    return {
        "status": best.status,
        "status_code": best.code,
        "status_at": best.at,
        "delivered_at": best.delivered_at,
    }


def reported(record: Record) -> datetime:
    return datetime.fromisoformat(record["delivered_at"] or record["sent_at"] or record["created_at"])


def timeline(row: dict[str, Any], receipts: list[Record]) -> Counter[tuple[Any, ...]]:
    """What the receipts of a row are worth beside each other, each counted once however often it is told."""
    worth: Counter[tuple[Any, ...]] = Counter()
    won = (row["status"], row["status_at"], row["status_code"])
    different = {(one["status"], moment(one["at"]), one["status_code"], "message_id" in one) for one in receipts}
    said: set[str] = set()
    # The best of a status comes first; between two that differ in nothing but the id they name, it does not matter.
    for status, at, code, _ in sorted(different, key=lambda one: one[1:3], reverse=True):
        if status in FINAL and status != row["status"]:
            verdict = "contradicts"
        elif status not in FINAL and at > row["status_at"]:
            verdict = "late"
        elif status in said or (status == row["status"] and (status, at, code) != won):
            verdict = "duplicate"
        else:
            verdict = "applied"
            said.add(status)
        worth[verdict, status, code, at] += 1
    return worth
