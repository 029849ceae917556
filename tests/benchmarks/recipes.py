"""SQL that makes the rows inside the server; the ORM would send each of them over the wire."""

from tests.benchmarks.world import (
    ACCOUNTS,
    BIG_SHARE,
    BLOCK,
    BROADCAST_SECONDS,
    BROADCAST_SENDS,
    CALLING_CODES,
    CODES,
    COUNTRIES,
    LONG_TEXT,
    OTHER_PRICE,
    PEOPLE,
    PRICES,
    RARE_ONE_IN,
    RARE_STATUS,
    SENDERS,
    SEVERAL,
    SMALL_SENDER,
    SMALL_SENDER_ONE_IN,
    STATUSES,
    TEXTS,
    Size,
    drawn,
    matched,
    weighted,
)

UNSENT = "('pending', 'failed')"


def messages(size: Size, first: int, last: int) -> str:
    """Messages number `first` to `last`; `r` is the number of the one that heads the request."""
    account = f"CASE WHEN {drawn(1, 100, 'r')} < {BIG_SHARE} THEN 1 ELSE {_small_account(2, 'r')} END"
    moment = _moment(size, "(r - 1)", size.messages)
    given = f"""
        SELECT i, r, several, {account} AS account, {moment} AS at, {_text("r")} AS text, {_segments("r")} AS segments
        FROM generate_series({first}, {last}) AS i,
        LATERAL (SELECT i % {BLOCK} < {SEVERAL} AND i >= {BLOCK} AS several) AS s,
        LATERAL (SELECT CASE WHEN several THEN i - i % {BLOCK} ELSE i END AS r) AS h
    """
    key = f"CASE WHEN several THEN 'req_' || r ELSE {_client_id('i')} END"
    sent = f"status NOT IN {UNSENT}"
    return f"""
        INSERT INTO messages_app_message (id, account_id, client_message_id, request_key, heads_request, message_id,
            recipient, country, sender_id, text, status, status_code, segments, cost, contact_group_id, created_at,
            sent_at, delivered_at, status_at)
        SELECT i, account, {_client_id("i")}, {key}, i = r, CASE WHEN {sent} THEN {_carrier_id("m")} END,
            number, nullif(country, ''), sender, text, status, {matched("status", CODES, "")}, segments, {_cost()},
            CASE WHEN several THEN 'group-' || r % 5 END, at,
            CASE WHEN {sent} THEN at + interval '0.4 s' END, {_delivered()}, at + delay
        FROM ({_fates(given)}) AS m
    """


def broadcasts(size: Size) -> str:
    # 37 and 100 have no common divisor: the big account's broadcasts lie among the others'.
    account = f"CASE WHEN b * 37 % 100 < {BIG_SHARE} THEN 1 ELSE {_small_account(3, 'b')} END"
    moment = _moment(size, "(b - 1)", size.broadcasts)
    return f"""
        INSERT INTO broadcasts_app_broadcast (id, account_id, key, name, text, segments, sender_id, contact_group_id,
            created_at)
        SELECT b, {account}, 'campaign-' || b, 'Campaign ' || b || ', all customers', {_text("b")}, {_segments("b")},
            {_sender(_seldom("b"), _usual("b"))}, 'group-' || b % 5, {moment} - interval '10 min'
        FROM generate_series(1, {size.broadcasts}) AS b
    """


def sends(size: Size, first: int, last: int) -> str:
    """Sends number `first` to `last`, one after the other within their broadcast."""
    pause = min(BROADCAST_SECONDS, size.step(size.broadcasts)) / BROADCAST_SENDS
    start = _moment(size, "(b.id - 1)", size.broadcasts)
    clicked = f"status = 'DELIVRD' AND {drawn(11, 100)} < 6"
    acted = f"{clicked} AND {drawn(12, 100)} < 20"
    given = f"""
        SELECT i, i AS r, b.account_id AS account, b.id AS broadcast, b.sender_id AS own_sender, b.text, b.segments,
            {start} + make_interval(secs => ((i - 1) % {BROADCAST_SENDS}) * {pause!r}) AS at
        FROM generate_series({first}, {last}) AS i
        JOIN broadcasts_app_broadcast AS b ON b.id = (i - 1) / {BROADCAST_SENDS} + 1
    """
    return f"""
        INSERT INTO broadcasts_app_broadcastsend (id, account_id, broadcast_id, message_id, recipient, country,
            sender_id, text, status, status_code, segments, cost, sent_at, delivered_at, status_at, clicked_at,
            click_count, action_type, action_at, action_count)
        SELECT i, account, broadcast, {_carrier_id("s")}, number, nullif(country, ''), own_sender, text, status,
            {matched("status", CODES, "")}, segments, {_cost()}, at, {_delivered()}, at + delay,
            CASE WHEN {clicked} THEN at + delay * 40 END, ({clicked})::int * (1 + i % 3),
            CASE WHEN {acted} THEN 'registration' END, CASE WHEN {acted} THEN at + delay * 90 END, ({acted})::int
        FROM ({_fates(given)}) AS m
    """


def _fates(rows: str) -> str:
    """The rows with whom each went to, and what became of it.

    OFFSET 0 keeps the steps apart: merged, a number would be drawn anew wherever it is looked at.
    """
    status = f"CASE WHEN rare = 0 THEN '{RARE_STATUS}' ELSE {weighted('fate', STATUSES)} END"
    country, sender = weighted("place", COUNTRIES), _sender("seldom", "usual")
    digits = f"lpad({drawn(10, 2**31, 'person')}::text, 10, '0')"
    return f"""
        SELECT *, {matched("country", CALLING_CODES, "")} || {digits} AS number FROM (
            SELECT *, {status} AS status, {country} AS country, {sender} AS sender,
                make_interval(secs => 1 + wait / 1000.0) AS delay
            FROM (
                SELECT *, {drawn(9, 100, "person")} AS place FROM (
                    SELECT *, {drawn(8, PEOPLE)} AS person, {drawn(6, RARE_ONE_IN)} AS rare, {drawn(7, 1000)} AS fate,
                        {drawn(4, 9_000)} AS wait, {_seldom("r")} AS seldom, {_usual("r")} AS usual
                    FROM ({rows}) AS given OFFSET 0
                ) AS drawn OFFSET 0
            ) AS placed OFFSET 0
        ) AS fated OFFSET 0
    """


def _small_account(seed: int, key: str) -> str:
    return f"2 + {drawn(seed, len(ACCOUNTS) - 1, key)}"


def _moment(size: Size, index: str, number: int) -> str:
    return f"timestamptz '{size.start.isoformat()}' + make_interval(secs => {index} * {size.step(number)!r})"


def _client_id(number: str) -> str:
    """Of one length, so that the order by it is the order by number."""
    return f"'api_' || account || '_' || {1_000_000_000} + {number}"


def _carrier_id(kind: str) -> str:
    return f"md5('{kind}' || i)::uuid::text"


def _seldom(key: str) -> str:
    return drawn(14, SMALL_SENDER_ONE_IN, key)


def _usual(key: str) -> str:
    return drawn(13, len(SENDERS), key)


def _sender(seldom: str, usual: str) -> str:
    return f"CASE WHEN {seldom} = 0 THEN '{SMALL_SENDER}' ELSE {weighted(usual, dict.fromkeys(SENDERS, 1))} END"


def _text(key: str) -> str:
    number = f"' || {drawn(15, 900_000, key)} + 100000 || '"
    cases = [f"WHEN {index} THEN '{text.format(number, number)}'" for index, text in enumerate(TEXTS)]
    return f"CASE {drawn(5, len(TEXTS), key)} {' '.join(cases)} END"


def _segments(key: str) -> str:
    return f"CASE {drawn(5, len(TEXTS), key)} WHEN {LONG_TEXT} THEN 2 ELSE 1 END"


def _cost() -> str:
    price = f"({matched('country', PRICES, OTHER_PRICE)})::numeric"
    return f"CASE status WHEN 'failed' THEN 0 ELSE {price} * segments END"


def _delivered() -> str:
    return "CASE status WHEN 'DELIVRD' THEN at + delay END"
