"""Reference model of the merge: computes the expected rows in plain Python, slowly and without SQL."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from smsreports.sms.statuses import FINAL, NAMES
from tests.ingest.conftest import Record

SUBMITTED = ("sent", "ENROUTE", "ACCEPTD")
START = datetime(2026, 2, 13, 12, tzinfo=UTC)


def time_at(seconds: int) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def parse_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True)
class Report:
    """Status that a record reports for a row."""

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
class ReferenceModel:
    """Expected content of the tables after `records` are loaded, in any order."""

    records: list[Record]
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    sends: dict[str, dict[str, Any]] = field(default_factory=dict)
    # By message: the number of receipts of each verdict, status, code and time.
    timelines: dict[str, Counter[tuple[Any, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for record in self.select("message"):
            self.messages[record["client_message_id"]] = self.build_message(record["client_message_id"])
        for record in self.select("send"):
            if record["broadcast"] in self.broadcasts:
                self.sends[record["message_id"]] = self.build_send(record["message_id"])
        for row in self.messages.values():
            request = [other for other in self.messages.values() if other["request_key"] == row["request_key"]]
            row["heads_request"] = row is min(
                request, key=lambda other: (other["created_at"], other["client_message_id"])
            )
            self.timelines[row["client_message_id"]] = build_timeline(row, self.find_receipts(row))

    def select(self, kind: str, **values: Any) -> list[Record]:
        return [
            record
            for record in self.records
            if record["type"] == kind and all(record.get(key) == value for key, value in values.items())
        ]

    @property
    def broadcasts(self) -> set[str]:
        return {record["broadcast"] for record in self.select("broadcast")}

    def build_message(self, key: str) -> dict[str, Any]:
        records = self.select("message", client_message_id=key)
        carrier_id = next((record["message_id"] for record in records if record["message_id"]), None)
        receipts = self.find_receipts({"client_message_id": key, "message_id": carrier_id})
        sent_times = [record["sent_at"] for record in records if record["sent_at"]]
        sent_times += [receipt["at"] for receipt in receipts if receipt["status"] in SUBMITTED]
        return {
            "client_message_id": key,
            "request_key": records[0]["request_id"],
            "message_id": carrier_id,
            "created_at": parse_time(records[0]["created_at"]),
            "sent_at": parse_time(min(sent_times, default=None)),
        } | pick_best_report(records, receipts)

    def find_receipts(self, row: dict[str, Any]) -> list[Record]:
        """Return the receipts that reference a message by either id."""
        ids = {name: row[name] for name in ("client_message_id", "message_id") if row[name]}
        return [receipt for name, value in ids.items() for receipt in self.select("receipt", **{name: value})]

    def build_send(self, key: str) -> dict[str, Any]:
        clicks, actions = self.find_clicks(key), self.find_actions(key)
        first = min(actions, default=(None, None))
        return {
            "message_id": key,
            "clicked_at": min(clicks, default=None),
            "click_count": len(clicks),
            "action_type": first[1],
            "action_at": first[0],
            "action_count": len(actions),
        } | pick_best_report(self.select("send", message_id=key), self.select("receipt", message_id=key))

    def find_clicks(self, key: str) -> set[datetime]:
        times = [send["clicked_at"] for send in self.select("send", message_id=key)]
        times += [click["at"] for click in self.select("click", message_id=key)]
        return {datetime.fromisoformat(time) for time in times if time}

    def find_actions(self, key: str) -> set[tuple[datetime, str]]:
        actions = [(send["action_at"], send["action_type"]) for send in self.select("send", message_id=key)]
        actions += [(action["at"], action["action_type"]) for action in self.select("action", message_id=key)]
        return {(datetime.fromisoformat(time), action_type) for time, action_type in actions if time}

    @property
    def events(self) -> set[tuple[Any, ...]]:
        """The events of event records and of the records of sends."""
        events = {self.build_event(record) for kind in ("receipt", "click", "action") for record in self.select(kind)}
        for key in self.sends:
            events |= {("click", "message_id", key, time, "", "", "", False) for time in self.find_clicks(key)}
            events |= {
                ("action", "message_id", key, time, "", "", action_type, False)
                for time, action_type in self.find_actions(key)
            }
        return events

    def build_event(self, record: Record) -> tuple[Any, ...]:
        reference = next(name for name in ("client_message_id", "message_id") if record.get(name))
        known_ids = {row[reference] for row in (*self.messages.values(), *self.sends.values()) if reference in row}
        if record["type"] != "receipt":
            known_ids = set(self.sends)
        values = [record.get(name, "") for name in ("status", "status_code", "action_type")]
        waits = record[reference] not in known_ids
        return record["type"], reference, record[reference], parse_time(record["at"]), *values, waits

    @property
    def waiting(self) -> set[str]:
        return {record["message_id"] for record in self.select("send")} - set(self.sends)


def pick_best_report(records: Iterable[Record], receipts: Iterable[Record]) -> dict[str, Any]:
    """Return the status, its code and its times from the report of the highest rank."""
    reports = [
        Report(record["status"], record["status_code"], get_report_time(record), parse_time(record["delivered_at"]))
        for record in records
    ]
    for receipt in receipts:
        at = datetime.fromisoformat(receipt["at"])
        delivered_at = at if receipt["status"] == "DELIVRD" else None
        reports.append(Report(receipt["status"], receipt["status_code"], at, delivered_at))
    best = max(reports, key=lambda report: report.rank)
    return {
        "status": best.status,
        "status_code": best.code,
        "status_at": best.at,
        "delivered_at": best.delivered_at,
    }


def get_report_time(record: Record) -> datetime:
    return datetime.fromisoformat(record["delivered_at"] or record["sent_at"] or record["created_at"])


def build_timeline(row: dict[str, Any], receipts: list[Record]) -> Counter[tuple[Any, ...]]:
    """Count the receipts of a row by verdict, status, code and time. Repeated receipts count once."""
    timeline: Counter[tuple[Any, ...]] = Counter()
    winner = (row["status"], row["status_at"], row["status_code"])
    distinct = {
        (receipt["status"], parse_time(receipt["at"]), receipt["status_code"], "message_id" in receipt)
        for receipt in receipts
    }
    applied: set[str] = set()
    # The best receipt of a status comes first. The order of two that differ only in their reference does not matter.
    for status, at, code, _ in sorted(distinct, key=lambda receipt: receipt[1:3], reverse=True):
        if status in FINAL and status != row["status"]:
            verdict = "contradicts"
        elif status not in FINAL and at > row["status_at"]:
            verdict = "late"
        elif status in applied or (status == row["status"] and (status, at, code) != winner):
            verdict = "duplicate"
        else:
            verdict = "applied"
            applied.add(status)
        timeline[verdict, status, code, at] += 1
    return timeline
