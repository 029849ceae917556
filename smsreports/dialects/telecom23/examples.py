"""Example responses from 23 Telecom's documentation."""

from typing import Any

EXPORT_ID = "8f14e45f-ceea-467f-9e3b-2b1f5a0c7d11"
CODE = "api_42_1743667200123456789_a3f8b2c1d9e45f67"
MESSAGES: dict[str, Any] = {
    "messages": [
        {
            "id": 1847,
            "client_message_id": CODE,
            "recipient": "+14155551234",
            "sender_id": "MyApp",
            "message": "Your verification code is 847291",
            "status": "DELIVRD",
            "status_code": "000",
            "segments": 1,
            "cost": 0.0085,
            "created_at": "2026-02-13T10:30:00Z",
            "delivered_at": "2026-02-13T10:30:04Z",
        }
    ],
    "total": 1250,
    "page": 1,
    "limit": 10,
    "total_pages": 125,
}
UNIFIED: dict[str, Any] = {
    "messages": [
        {
            "id": "3201",
            "source": "campaign",
            "recipient": "+447911123456",
            "sender_id": "Promo",
            "message": "50% off today!",
            "status": "DELIVRD",
            "status_code": "000",
            "cost": 0.042,
            "sent_at": "2026-02-13T09:00:00Z",
            "delivered_at": "2026-02-13T09:00:03Z",
            "clicked": True,
            "clicked_at": "2026-02-13T09:05:12Z",
            "action_type": "registration",
            "action_at": "2026-02-13T10:00:00Z",
            "message_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
            "client_message_id": None,
            "segments": 1,
            "broadcast_id": 42,
            "broadcast_name": "February Promo",
        }
    ],
    "total": 5420,
    "page": 1,
    "limit": 20,
    "total_pages": 271,
}
STATS: dict[str, Any] = {
    "status": True,
    "stats": {
        "total_sent": 1250,
        "sent": 1200,
        "delivered": 1150,
        "undelivered": 30,
        "pending": 15,
        "expired": 5,
        "not_billed": 50,
        "failed": 30,
        "click_count": 42,
        "unique_click_count": 38,
        "action_count": 12,
        "sent_rate": 96.00,
        "delivery_rate": 95.83,
        "total_cost": 10.63,
        "avg_cost_per_msg": 0.0085,
        "currency": "EUR",
    },
    "period": {"from": "2026-01-14", "to": "2026-02-13"},
}
STATUS: dict[str, Any] = {
    "status": True,
    "message": {
        "message_id": CODE,
        "telecom_message_id": "6946d0f5-040b-106e-42c7-49026f2b5bc1",
        "recipient": "+14155551234",
        "segments": 1,
        "message": "Your verification code is 847291",
        "sender_id": "MyApp",
        "status": "DELIVRD",
        "status_code": "000",
        "cost": 0.0085,
        "created_at": "2026-02-13T10:30:00Z",
        "delivered_at": "2026-02-13T10:30:04Z",
        # Our extension.
        "timeline": [
            {
                "status": "DELIVRD",
                "status_code": "000",
                "at": "2026-02-13T10:30:04Z",
                "received_at": "2026-02-13T10:30:05Z",
                "verdict": "applied",
            }
        ],
    },
}
# By the route of a source's list.
LISTS = {"messages": MESSAGES}
