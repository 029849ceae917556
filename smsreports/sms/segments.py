"""Number of segments and encoding of an SMS text."""

import re

# 3GPP TS 23.038, 6.2.1 (default alphabet): one septet each, without the escape code.
GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# 3GPP TS 23.038, 6.2.1.1 (extension table): the escape code, then a second septet.
GSM_EXTENSION = "\f^{}\\[~]|€"

# A segment carries 140 octets. The header of a concatenated segment takes 6 of them.
GSM_SINGLE_SEPTETS, GSM_JOINED_SEPTETS = 160, 153
UCS2_SINGLE_UNITS, UCS2_JOINED_UNITS = 70, 67

_basic_only = re.compile(f"[{re.escape(GSM_BASIC)}]*").fullmatch
_gsm_only = re.compile(f"[{re.escape(GSM_BASIC + GSM_EXTENSION)}]*").fullmatch
_extension = re.compile(f"[{re.escape(GSM_EXTENSION)}]")
_astral = re.compile("[\U00010000-\U0010ffff]")

# Replaces every character of two units while segments are counted. Neither half occurs in a valid text.
SURROGATE_PAIR = "\ud800\udc00"


def count_segments(text: str) -> int:
    """Return the number of segments of `text`: 1 for an empty one.

    A single segment holds 160 GSM-7 septets or 70 UCS-2 units, a concatenated one 153 or 67. A character of two
    septets or two units is never split: at a boundary the whole character moves to the next segment. Source: 3GPP TS
    23.038 (alphabets) and TS 23.040, 9.2.3.24 (concatenation).
    """
    if _basic_only(text):
        return 1 if len(text) <= GSM_SINGLE_SEPTETS else -(-len(text) // GSM_JOINED_SEPTETS)
    if _gsm_only(text):
        return _count_joined_segments(_extension.sub(SURROGATE_PAIR, text), GSM_SINGLE_SEPTETS, GSM_JOINED_SEPTETS)
    return _count_joined_segments(_astral.sub(SURROGATE_PAIR, text), UCS2_SINGLE_UNITS, UCS2_JOINED_UNITS)


def detect_encoding(text: str) -> str:
    """Return `GSM-7` if the default alphabet and its extension contain every character of `text`, else `UCS-2`."""
    return "GSM-7" if _gsm_only(text) else "UCS-2"


def _count_joined_segments(units: str, max_single: int, max_joined: int) -> int:
    """Return the number of segments of `units`, one character per unit, with a SURROGATE_PAIR for two-unit characters.

    `max_single` and `max_joined` are the units in a single and in a concatenated segment.
    """
    if len(units) <= max_single:
        return 1
    start = segments = 0
    while start < len(units):
        start += max_joined
        segments += 1
        if units[start - 1 : start + 1] == SURROGATE_PAIR:
            start -= 1
    return segments
