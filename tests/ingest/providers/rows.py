"""Complete rows of each provider, with the fields that a test changes."""

from typing import Any

Row = dict[str, Any]


def twilio_row(**fields: Any) -> Row:
    """Return a message of Twilio's API, with keys and formats of the example in the public definition."""
    return {
        "account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "api_version": "2010-04-01",
        "body": "testing",
        "date_created": "Thu, 24 Aug 2023 05:01:45 +0000",
        "date_sent": "Thu, 24 Aug 2023 05:01:46 +0000",
        "date_updated": "Thu, 24 Aug 2023 05:01:48 +0000",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": "+18336528866",
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": "-0.00750",
        "price_unit": "USD",
        "sid": "SM1",
        "status": "delivered",
        "subresource_uris": {"media": "/2010-04-01/Accounts/AC/Messages/SM1/Media.json"},
        "to": "+18182008801",
        "uri": "/2010-04-01/Accounts/AC/Messages/SM1.json",
    } | fields


def vonage_row(**fields: Any) -> Row:
    """Return an outbound SMS of Vonage with all fields of the public definition, and values of its examples."""
    return {
        "account_id": "abcdef01",
        "message_id": "0000000A",
        "client_ref": "my-ref",
        "direction": "outbound",
        "from": "Acme",
        "to": "33612345678",
        "message_body": "This is a text message",
        "network": "20801",
        "network_name": "Orange",
        "country": "FR",
        "country_name": "France",
        "date_received": "2019-06-28T15:30:00+0000",
        "date_finalized": "2019-06-28T15:30:02+0000",
        "latency": "42",
        "status": "delivered",
        "error_code": "0",
        "error_code_description": "Delivered",
        "currency": "EUR",
        "total_price": "0.042",
    } | fields


def export_row(**fields: Any) -> Row:
    """Return a row of API traffic of our own CSV export."""
    return {
        "id": "7",
        "source": "api",
        "recipient": "+14155551234",
        "sender_id": "MyApp",
        "message": "Hello",
        "status": "DELIVRD",
        "status_code": "000",
        "cost": "0.0085",
        "sent_at": "2026-02-13T12:00:00Z",
        "delivered_at": "2026-02-13T12:00:03Z",
        "clicked": "false",
        "clicked_at": "",
        "action_type": "",
        "action_at": "",
        "message_id": "",
        "client_message_id": "m-1",
        "segments": "1",
        "broadcast_id": "",
        "broadcast_name": "",
    } | fields
