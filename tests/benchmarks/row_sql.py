"""SQL that generates the rows inside the server; the ORM would send each of them."""

from tests.benchmarks.dataset import (
    ACCOUNTS,
    BIG_SHARE,
    BROADCAST_SECONDS,
    BROADCAST_SENDS,
    CALLING_CODES,
    COUNTRIES,
    GROUPED_MESSAGES,
    LONG_TEXT,
    MESSAGES_BLOCK,
    OTHER_PRICE,
    PEOPLE,
    PRICES,
    RARE_ONE_IN,
    RARE_STATUS,
    SENDERS,
    SMALL_SENDER,
    SMALL_SENDER_ONE_IN,
    STATUS_CODES,
    STATUSES,
    TEXTS,
    DataSize,
    draw_sql,
    lookup_sql,
    weighted_choice_sql,
)

UNSENT = "('pending', 'failed')"


def insert_messages(size: DataSize, first: int, last: int) -> str:
    """Return an INSERT of messages `first` to `last`; `r` is the number of the first one of the request."""
    account = f"CASE WHEN {draw_sql(1, 100, 'r')} < {BIG_SHARE} THEN 1 ELSE {_small_account(2, 'r')} END"
    moment = _timestamp(size, "(r - 1)", size.messages)
    given = f"""
        SELECT i, r, several, {account} AS account, {moment} AS at, {_text("r")} AS text, {_segments("r")} AS segments
        FROM generate_series({first}, {last}) AS i,
        LATERAL (SELECT i % {MESSAGES_BLOCK} < {GROUPED_MESSAGES} AND i >= {MESSAGES_BLOCK} AS several) AS s,
        LATERAL (SELECT CASE WHEN several THEN i - i % {MESSAGES_BLOCK} ELSE i END AS r) AS h
    """
    key = f"CASE WHEN several THEN 'req_' || r ELSE {_client_id('i')} END"
    sent = f"status NOT IN {UNSENT}"
    return f"""
        INSERT INTO messages_app_message (id, account_id, client_message_id, request_key, heads_request, message_id,
            recipient, country, sender_id, text, status, status_code, segments, cost, contact_group_id, created_at,
            sent_at, delivered_at, status_at)
        SELECT i, account, {_client_id("i")}, {key}, i = r, CASE WHEN {sent} THEN {_carrier_id("m")} END,
            number, nullif(country, ''), sender, text, status, {lookup_sql("status", STATUS_CODES, "")}, segments,
            {_cost()},
            CASE WHEN several THEN 'group-' || r % 5 END, at,
            CASE WHEN {sent} THEN at + interval '0.4 s' END, {_delivered_at()}, at + delay
        FROM ({_with_outcomes(given)}) AS m
    """


def insert_broadcasts(size: DataSize) -> str:
    # 37 and 100 have no common divisor, so the big account's broadcasts are spread among the others.
    account = f"CASE WHEN b * 37 % 100 < {BIG_SHARE} THEN 1 ELSE {_small_account(3, 'b')} END"
    moment = _timestamp(size, "(b - 1)", size.broadcasts)
    return f"""
        INSERT INTO broadcasts_app_broadcast (id, account_id, key, name, text, segments, sender_id, contact_group_id,
            created_at)
        SELECT b, {account}, 'campaign-' || b, 'Campaign ' || b || ', all customers', {_text("b")}, {_segments("b")},
            {_sender(_rare_sender_draw("b"), _sender_draw("b"))}, 'group-' || b % 5, {moment} - interval '10 min'
        FROM generate_series(1, {size.broadcasts}) AS b
    """


def insert_sends(size: DataSize, first: int, last: int) -> str:
    """Return an INSERT of sends `first` to `last`, in sequence within their broadcast."""
    pause = min(BROADCAST_SECONDS, size.step(size.broadcasts)) / BROADCAST_SENDS
    start = _timestamp(size, "(b.id - 1)", size.broadcasts)
    clicked = f"status = 'DELIVRD' AND {draw_sql(11, 100)} < 6"
    acted = f"{clicked} AND {draw_sql(12, 100)} < 20"
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
            {lookup_sql("status", STATUS_CODES, "")}, segments, {_cost()}, at, {_delivered_at()}, at + delay,
            CASE WHEN {clicked} THEN at + delay * 40 END, ({clicked})::int * (1 + i % 3),
            CASE WHEN {acted} THEN 'registration' END, CASE WHEN {acted} THEN at + delay * 90 END, ({acted})::int
        FROM ({_with_outcomes(given)}) AS m
    """


def _with_outcomes(rows: str) -> str:
    """Return a query that adds recipient, status and sender to `rows`.

    OFFSET 0 keeps the planner from merging the steps, which would draw a number again at each use.
    """
    status = f"CASE WHEN rare = 0 THEN '{RARE_STATUS}' ELSE {weighted_choice_sql('fate', STATUSES)} END"
    country, sender = weighted_choice_sql("place", COUNTRIES), _sender("seldom", "usual")
    digits = f"lpad({draw_sql(10, 2**31, 'person')}::text, 10, '0')"
    return f"""
        SELECT *, {lookup_sql("country", CALLING_CODES, "")} || {digits} AS number FROM (
            SELECT *, {status} AS status, {country} AS country, {sender} AS sender,
                make_interval(secs => 1 + wait / 1000.0) AS delay
            FROM (
                SELECT *, {draw_sql(9, 100, "person")} AS place FROM (
                    SELECT *, {draw_sql(8, PEOPLE)} AS person, {draw_sql(6, RARE_ONE_IN)} AS rare,
                        {draw_sql(7, 1000)} AS fate, {draw_sql(4, 9_000)} AS wait,
                        {_rare_sender_draw("r")} AS seldom, {_sender_draw("r")} AS usual
                    FROM ({rows}) AS given OFFSET 0
                ) AS drawn OFFSET 0
            ) AS placed OFFSET 0
        ) AS fated OFFSET 0
    """


def _small_account(seed: int, key: str) -> str:
    return f"2 + {draw_sql(seed, len(ACCOUNTS) - 1, key)}"


def _timestamp(size: DataSize, index: str, number: int) -> str:
    return f"timestamptz '{size.start.isoformat()}' + make_interval(secs => {index} * {size.step(number)!r})"


def _client_id(number: str) -> str:
    """Return SQL for an id of fixed length, so that it sorts like its number."""
    return f"'api_' || account || '_' || {1_000_000_000} + {number}"


def _carrier_id(kind: str) -> str:
    return f"md5('{kind}' || i)::uuid::text"


def _rare_sender_draw(key: str) -> str:
    return draw_sql(14, SMALL_SENDER_ONE_IN, key)


def _sender_draw(key: str) -> str:
    return draw_sql(13, len(SENDERS), key)


def _sender(seldom: str, usual: str) -> str:
    return (
        f"CASE WHEN {seldom} = 0 THEN '{SMALL_SENDER}' ELSE {weighted_choice_sql(usual, dict.fromkeys(SENDERS, 1))} END"
    )


def _text(key: str) -> str:
    number = f"' || {draw_sql(15, 900_000, key)} + 100000 || '"
    cases = [f"WHEN {index} THEN '{text.format(number, number)}'" for index, text in enumerate(TEXTS)]
    return f"CASE {draw_sql(5, len(TEXTS), key)} {' '.join(cases)} END"


def _segments(key: str) -> str:
    return f"CASE {draw_sql(5, len(TEXTS), key)} WHEN {LONG_TEXT} THEN 2 ELSE 1 END"


def _cost() -> str:
    price = f"({lookup_sql('country', PRICES, OTHER_PRICE)})::numeric"
    return f"CASE status WHEN 'failed' THEN 0 ELSE {price} * segments END"


def _delivered_at() -> str:
    return "CASE status WHEN 'DELIVRD' THEN at + delay END"
