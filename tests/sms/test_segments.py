"""Segments of a text, compared with a slower second implementation."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsreports.sms.segments import GSM_BASIC, GSM_EXTENSION, count_segments, detect_encoding

CASES = [
    ("", 1),
    ("a" * 160, 1),
    ("a" * 161, 2),
    ("a" * 306, 2),
    ("a" * 307, 3),
    ("я" * 70, 1),
    ("я" * 71, 2),
    ("я" * 134, 2),
    ("я" * 135, 3),
    # Two septets each: 80 fill a single segment, but only 76 fit into a concatenated one.
    ("€" * 80, 1),
    ("€" * 81, 2),
    ("€" * 152, 2),
    ("€" * 153, 3),
    ("{" * 80, 1),
    ("{" * 81, 2),
    ("\f" * 80, 1),
    ("\f" * 81, 2),
    # An escape at the boundary: the pair moves to the next segment, so a text may take one more than by division.
    ("a" * 158 + "€", 1),
    ("a" * 159 + "€", 2),
    ("a" * 151 + "€" + "a" * 153, 2),
    ("a" * 152 + "€" + "a" * 151, 2),
    ("a" * 152 + "€" + "a" * 152, 3),
    # A surrogate pair at the boundary.
    ("я" * 68 + "😀", 1),
    ("я" * 69 + "😀", 2),
    ("я" * 65 + "😀" + "я" * 67, 2),
    ("я" * 66 + "😀" + "я" * 65, 2),
    ("я" * 66 + "😀" + "я" * 66, 3),
    ("😀" * 35, 1),
    ("😀" * 36, 2),
    ("😀" * 67, 3),
    # Characters that look like GSM-7 ones: one of them changes the whole text to UCS-2.
    ("ç" + "a" * 69, 1),
    ("ç" + "a" * 70, 2),
    ("\u2019" + "a" * 70, 2),
    ("\u00a0" + "a" * 70, 2),
    ("\x1b" + "a" * 70, 2),
    ("`" + "a" * 70, 2),
]

ALPHABET = st.sampled_from("aé€{😀я\n\f")
LENGTHS = st.integers(0, 470)


@pytest.mark.parametrize(("text", "segments"), CASES)
def test_a_text_takes_the_segments_of_the_standard(text: str, segments: int) -> None:
    assert count_segments(text) == segments == count_segments_slowly(text)


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text(ALPHABET, max_size=500))
def test_both_implementations_agree_on_any_text(text: str) -> None:
    assert count_segments(text) == count_segments_slowly(text)


@given(LENGTHS, st.sampled_from("€{😀"), LENGTHS, st.sampled_from("aя"))
@example(152, "€", 152, "a")
@example(66, "😀", 66, "я")
def test_a_wide_character_is_never_split(before: int, wide: str, after: int, filler: str) -> None:
    text = filler * before + wide * 2 + filler * after
    assert count_segments(text) == count_segments_slowly(text)


@given(st.text(st.sampled_from(GSM_BASIC + GSM_EXTENSION)))
def test_the_gsm_alphabet_and_its_extension_are_gsm_7(text: str) -> None:
    assert detect_encoding(text) == "GSM-7"


@pytest.mark.parametrize("character", ["ç", "\u2019", "\u00a0", "`", "\t", "\x1b", "ş", "я", "😀"])
def test_one_character_outside_the_alphabet_makes_the_text_ucs2(character: str) -> None:
    assert detect_encoding(f"Hello {character}") == "UCS-2"


def test_the_alphabet_contains_every_septet_but_the_escape() -> None:
    assert len(set(GSM_BASIC)) == len(GSM_BASIC) == 127
    assert not set(GSM_BASIC) & set(GSM_EXTENSION)


def count_segments_slowly(text: str) -> int:
    """Count segments by packing the characters one by one; begin a new segment if the next one does not fit."""
    if all(character in GSM_BASIC + GSM_EXTENSION for character in text):
        widths, alone, joined = [2 if character in GSM_EXTENSION else 1 for character in text], 160, 153
    else:
        widths, alone, joined = [len(character.encode("utf-16-be")) // 2 for character in text], 70, 67
    if sum(widths) <= alone:
        return 1
    segments, free = 1, joined
    for width in widths:
        if width > free:
            segments, free = segments + 1, joined
        free -= width
    return segments
