"""Parsers for the texts of SMPP delivery receipts."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsreports.ingest.gateways import smpp
from smsreports.records.field_parsers import InvalidRecord
from smsreports.sms.statuses import NAMES

# Appendix B of SMPP 3.4, filled by an SMSC.
TEXT = "id:0911897980 sub:001 dlvrd:000 submit date:1201121551 done date:1201121552 stat:UNDELIV err:075 text:-PROFILE"
FIELDS = {
    "id": "0911897980",
    "sub": "001",
    "dlvrd": "000",
    "submit date": "1201121551",
    "done date": "1201121552",
    "stat": "UNDELIV",
    "err": "075",
    "text": "-PROFILE",
}


class TestFields:
    @pytest.mark.parametrize(
        "change",
        [
            {},
            {"text:": "Text:"},  # as appendix B itself writes it
            {"id:": "ID:", "stat:": "STAT:", "submit date:": "SUBMIT DATE:"},
            {":": ": ", " sub": "  sub", " err": "\nerr", "t d": "t  d", "e d": "e\td"},
            {":": " :", "submit date": "submitdate", "done date": "donedate"},
        ],
    )
    def test_fields_are_found_in_any_case_and_spacing(self, change: dict[str, str]) -> None:
        text = TEXT
        for before, after in change.items():
            text = text.replace(before, after)
        assert smpp.parse_receipt_text(text) == FIELDS

    def test_fields_are_found_in_any_order(self) -> None:
        assert smpp.parse_receipt_text("stat:DELIVRD err:000 done date:1201121552 id:7") == {
            "stat": "DELIVRD",
            "err": "000",
            "done date": "1201121552",
            "id": "7",
        }

    @given(st.dictionaries(st.sampled_from(list(FIELDS)), st.from_regex(r"[A-Za-z0-9-]{0,20}", fullmatch=True)))
    def test_fields_may_be_missing_or_empty(self, fields: dict[str, str]) -> None:
        text_field = {name: value for name, value in fields.items() if name == "text"}
        text = " ".join(f"{name}:{value}" for name, value in ({**fields} | text_field).items() if name != "text")
        text += "".join(f" text:{value}" for value in text_field.values())
        assert smpp.parse_receipt_text(text) == fields

    def test_the_quoted_message_is_not_searched_for_fields(self) -> None:
        assert smpp.parse_receipt_text("id:1 stat:DELIVRD text:your id:2 stat:UNDELIV text:x") == {
            "id": "1",
            "stat": "DELIVRD",
            "text": "your id:2 stat:UNDELIV text:x",
        }

    @pytest.mark.parametrize(
        "text", ["", "ACK/", "NACK/0x0000000b/Invalid", "Hello", "paid:7 substat:9", "http://x/id:7"]
    )
    def test_other_texts_have_no_fields(self, text: str) -> None:
        assert smpp.parse_receipt_text(text) == {}

    def test_a_repeated_field_is_rejected(self) -> None:
        with pytest.raises(InvalidRecord, match="stat: is given more than once"):
            smpp.parse_receipt_text("id:1 stat:DELIVRD stat:UNDELIV")

    @given(st.text())
    def test_any_text_has_known_fields_or_an_error(self, text: str) -> None:
        try:
            assert set(smpp.parse_receipt_text(text)) <= set(FIELDS)
        except InvalidRecord as error:
            assert "more than once" in str(error)


class TestState:
    @pytest.mark.parametrize("word", ["DELIVRD", "delivrd", "Delivered", "DELIVERED"])
    def test_a_state_is_known_in_any_case_and_by_its_full_name(self, word: str) -> None:
        assert smpp.parse_state(word) == "DELIVRD"

    def test_all_states_of_the_specification_are_statuses(self) -> None:
        assert set(smpp.STATUS_BY_STATE.values()) == set(NAMES) - {"pending", "sent", "failed"}

    @pytest.mark.parametrize("word", ["", "FAILED", "sent", "pending", "DELIVRD2", "DELI VRD", "BUFFERD", "0"])
    def test_an_unknown_state_is_rejected(self, word: str) -> None:
        with pytest.raises(InvalidRecord, match="not an SMPP message state"):
            smpp.parse_state(word)


class TestDate:
    @pytest.mark.parametrize(
        ("digits", "time"),
        [
            ("1311022338", "2013-11-02T22:38:00Z"),
            ("190608165237", "2019-06-08T14:52:37Z"),  # with seconds
            ("202602131030", "2026-02-13T09:30:00Z"),  # with the whole year, as Jasmin's own SMPP server writes it
            ("20260213103005", "2026-02-13T09:30:05Z"),
            ("201212131030", "2020-12-12T12:10:30Z"),  # digits 3 and 4 are a month, so it has seconds
            ("2603290230", "2026-03-29T01:30:00Z"),  # an hour that summer time skips
            ("2610250230", "2026-10-25T00:30:00Z"),  # an hour that comes twice; the first is meant
        ],
    )
    def test_a_date_is_converted_from_the_time_zone_of_the_smsc(self, digits: str, time: str) -> None:
        assert smpp.parse_date(digits, ZoneInfo("Europe/Berlin")) == time

    @given(
        st.datetimes(datetime(2013, 1, 1), datetime(2068, 12, 31)),  # noqa: DTZ001  a clock without a zone
        st.sampled_from(["%y%m%d%H%M", "%y%m%d%H%M%S", "%Y%m%d%H%M%S"]),
    )
    def test_any_formatted_time_is_parsed(self, time: datetime, date_format: str) -> None:
        seconds = 0 if date_format.endswith("M") else time.second
        expected = time.replace(second=seconds, microsecond=0, tzinfo=UTC)
        parsed = datetime.fromisoformat(smpp.parse_date(time.strftime(date_format), UTC))
        assert parsed == expected

    @pytest.mark.parametrize(
        "digits",
        ["", "ND", "anydate", "131102233", "13110223380", "1313022338", "1302302338", "1311022438", "1311022360",
         "131102233860", "١٣١١٠٢٢٣٣٨", "1311022338 ", "-311022338", "13-11-02 22:38", "0" * 10, "0" * 14,
         "020610233429000R"],
    )  # fmt: skip
    def test_an_invalid_date_is_rejected(self, digits: str) -> None:
        with pytest.raises(InvalidRecord):
            smpp.parse_date(digits, UTC)

    @pytest.mark.parametrize("name", ["", "Berlin", "../etc/passwd", "/etc/passwd", "UTC+1", "Europe", "\0", "x" * 999])
    def test_an_unknown_time_zone_is_rejected(self, name: str) -> None:
        with pytest.raises(InvalidRecord, match="tz"):
            smpp.parse_time_zone({"tz": name})

    def test_the_default_time_zone_is_utc(self) -> None:
        assert smpp.parse_time_zone({}) == UTC
        assert smpp.parse_time_zone({"tz": "Asia/Dubai"}) == ZoneInfo("Asia/Dubai")


class TestErrorCode:
    @pytest.mark.parametrize("word", ["000", "075", "E", "0x0000000b", "RINVDSTADR"])
    def test_an_error_code_is_kept_as_it_is_written(self, word: str) -> None:
        assert smpp.parse_error_code(word) == word

    @pytest.mark.parametrize("word", ["", "a b", "x" * 17, "é", "\n"])
    def test_an_invalid_error_code_is_rejected(self, word: str) -> None:
        with pytest.raises(InvalidRecord):
            smpp.parse_error_code(word)
