"""Jasmin's callbacks: level 1 tells what the SMSC said to the message, level 2 what became of it.

Whoever asks for level 3 gets one of each. Source: "Receiving DLR" in Jasmin's documentation, and its `DLRThrower`.
"""

from smsreports.dialects.described import Parameter
from smsreports.dialects.shapes import words
from smsreports.ingest.fields import Refused
from smsreports.ingest.gateways import smpp
from smsreports.ingest.gateways.base import TEXT, Receipt, Said, needed, receipt

LEVELS = ("1", "2", "3")
# A status of a command, at level 1: this one, or an error of which there are many.
COMMAND, ACCEPTED = "ESME_", "ESME_ROK"
# What a status code can hold; a few names of errors are longer.
CODE = 16
# What Jasmin says where the SMSC's receipt said nothing.
NOTHING = ("", "ND")
PARAMETERS = (
    Parameter("level", "What the callback is about. Needed.", words(LEVELS)),
    Parameter("message_status", "A state of SMPP, or a status `ESME_…` of a command. Needed.", TEXT),
    Parameter("id", "The message by Jasmin's id, where `client_message_id` is not given.", TEXT),
    Parameter("err", "The SMSC's error code.", {"type": "string"}),
    Parameter("donedate", "When it was done, by the SMSC's clock: `YYMMDDhhmm`.", {"type": "string"}),
    Parameter("tz", "The zone of that clock; left out: UTC.", {"type": "string"}, "Europe/Berlin"),
)


def receipt_of(said: Said) -> Receipt:
    if said.get("level") not in LEVELS:
        raise Refused(f"level: must be one of {', '.join(LEVELS)}")
    word = needed(said, "message_status")
    if word == ACCEPTED:
        return receipt(said, "id", "sent")
    if word.startswith(COMMAND):
        return receipt(said, "id", "REJECTD", smpp.error(word.removeprefix(COMMAND)[:CODE]))
    code, done = said.get("err", ""), said.get("donedate", "")
    return receipt(
        said,
        "id",
        smpp.state(word),
        "" if code in NOTHING else smpp.error(code),
        None if done in NOTHING else smpp.moment(done, smpp.zone(said)),
    )
