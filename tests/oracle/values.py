"""Values of generated records: texts, senders, costs and numbers on the contract's edges."""

from dataclasses import dataclass

# Sender IDs: both cases of one word, a phone number, other alphabets, and formulas of spreadsheets.
SENDERS = ("MyApp", "myapp", "My App", "Promo", "+4930123456", "-Deal", "@home", "=Sum", "Ünïcode", "a,b")
# The number of segments of every text is the same whether or not a part may end inside an escape sequence.
TEXTS = (
    "Your verification code is 847291",
    "50% off today!",
    'He said "hello", then left',
    "line one\nline two\r\nline three",
    "carriage\rreturn",
    "\rstarts with a carriage return",
    "\nstarts with a line feed",
    "\ttabbed",
    "=SUM(A1:A9)",
    "+1 for you",
    "-50% until noon",
    "@everyone",
    "'already quoted",
    "  blanks around  ",
    "one;two;three, four",
    "\\N",
    "\\.",
    "null",
    '""',
    "Привет, мир",
    "مرحبا، رمزك هو ١٢٣٤",
    "Your order 😀 is here",
    "€5 [sale] {now} ~",
    "unicode\u2028line\x85ends",
    "x" * 160,
    "x" * 161,
    "x" * 306,
    "x" * 307,
    "я" * 70,
    "я" * 71,
    "я" * 134,
    "я" * 135,
    "😀" * 35,
    "😀" * 36,
    "[" * 80,
    "[" * 81,
)
COSTS = (
    "0",
    "0.0085",
    "0.0085",
    "0.0085",
    "0.042",
    "0.042",
    "0.010000",
    "1.50",
    "0.000001",
    "12",
    "100",
    "0.123456",
)
LARGEST_COST = "999999.999999"
CODES = ("", "000", "001", "034", "E12", "-01")
BROADCAST_SIZES = (0, 1, 2, 7, 30, 100, 101, 150)
BROADCAST_NAMES = (
    "February Promo",
    "=Winter, 50%",
    'The "big" one',
    "February Promo",
    "تخفيضات",
    "-",
    "Seven",
    "A\nB",
)
ACTIONS = ("registration", "deposit", "=call()")
# Zeros of the scripts in which numbers are written; the other digits follow them.
ZEROS = "0\u0660\uff10"
# Marks between the digits of numbers.
SEPARATORS = ("", "", " ", "-", ".", "\u00a0", "/", "\u200e")
# Numbers whose calling code belongs to one country alone, so that the country may be left out.
PLAIN_NUMBERS = {
    "LY": "+21891{:07d}",
    "DE": "+49151{:08d}",
    "FR": "+336{:08d}",
    "UA": "+38050{:07d}",
    "EG": "+2010{:08d}",
    "AE": "+97150{:07d}",
    "ES": "+346{:08d}",
}
# Numbers in shared calling codes: these always name their country. `None`: no country has the number.
SHARED_NUMBERS = {
    "US": "+1415555{:04d}",
    "CA": "+1604555{:04d}",
    "GB": "+447700900{:03d}",
    None: "+99912345{:03d}",
}


@dataclass(frozen=True)
class Number:
    """Recipient and its country, which can be derived from a plain number."""

    recipient: str
    country: str | None
    plain: bool
