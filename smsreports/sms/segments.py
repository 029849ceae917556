"""How many SMS parts a text takes, and in which of the two encodings it travels."""

import re

# 3GPP TS 23.038, 6.2.1 (default alphabet): one septet each. The escape code itself is no character.
GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# 3GPP TS 23.038, 6.2.1.1 (extension table): the escape code, then a second septet.
GSM_EXTENSION = "\f^{}\\[~]|€"

# A part carries 140 octets; the header that joins several parts takes 6 of them.
GSM_SINGLE_SEPTETS, GSM_JOINED_SEPTETS = 160, 153
UCS2_SINGLE_UNITS, UCS2_JOINED_UNITS = 70, 67

_basic_only = re.compile(f"[{re.escape(GSM_BASIC)}]*").fullmatch
_gsm_only = re.compile(f"[{re.escape(GSM_BASIC + GSM_EXTENSION)}]*").fullmatch
_extension = re.compile(f"[{re.escape(GSM_EXTENSION)}]")
_astral = re.compile("[\U00010000-\U0010ffff]")

# Stands for a character of two units while parts are cut; neither half is a character of a real text.
SURROGATE_PAIR = "\ud800\udc00"


def count_segments(text: str) -> int:
    """The number of parts of `text`: 1 for an empty one.

    GSM-7 holds 160 septets, or 153 in each of several parts; UCS-2 70 or 67 UTF-16 units. A character of
    two septets or two units is never cut in half, so one that meets a border moves to the next part
    whole. Source: 3GPP TS 23.038 (alphabets) and TS 23.040, 9.2.3.24 (joining parts).
    """
    if _basic_only(text):
        return 1 if len(text) <= GSM_SINGLE_SEPTETS else -(-len(text) // GSM_JOINED_SEPTETS)
    if _gsm_only(text):
        return _count_joined_segments(_extension.sub(SURROGATE_PAIR, text), GSM_SINGLE_SEPTETS, GSM_JOINED_SEPTETS)
    return _count_joined_segments(_astral.sub(SURROGATE_PAIR, text), UCS2_SINGLE_UNITS, UCS2_JOINED_UNITS)


def detect_encoding(text: str) -> str:
    """`GSM-7` where the default alphabet and its extension hold every character of `text`, else `UCS-2`."""
    return "GSM-7" if _gsm_only(text) else "UCS-2"


def _count_joined_segments(units: str, max_single: int, max_joined: int) -> int:
    """Parts of `units`, one character a unit, in which a `SURROGATE_PAIR` stands for a character of two."""
    if len(units) <= max_single:
        return 1
    start = segments = 0
    while start < len(units):
        start += max_joined
        segments += 1
        if units[start - 1 : start + 1] == SURROGATE_PAIR:
            start -= 1
    return segments
