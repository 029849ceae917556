"""Example responses from Ersaal's documentation, with the paginator keys it omits filled in."""

from typing import Any

PATH = "https://sms.example/api/sms/messages"
ITEM: dict[str, Any] = {
    "short_message": "Your appointment is confirmed for Tuesday at 4:30 PM.",
    "message_type": "sms",
    "send_type": "single",
    "contact_group_id": None,
    "message_consumption": 1,
    "created_at": "2024-01-15T10:30:00Z",
    "updated_at": "2024-01-15T10:30:15Z",
    "receiver": [
        {
            "number": "00218912345678",
            "sent_at": "2024-01-15T10:30:02Z",
            "delivered_at": "2024-01-15T10:30:15Z",
            "status": "delivered",
            "delivery_report": None,
            "created_at": "2024-01-15T10:30:00Z",
            "updated_at": "2024-01-15T10:30:15Z",
        }
    ],
    "receiver_total": 1,
}
ITEMS: dict[str, Any] = {
    "data": {
        "current_page": 1,
        "data": [ITEM],
        "first_page_url": f"{PATH}?page=1",
        "from": 1,
        "last_page": 5,
        "last_page_url": f"{PATH}?page=5",
        "links": [
            {"url": None, "label": "&laquo; Previous", "page": None, "active": False},
            {"url": f"{PATH}?page=1", "label": "1", "page": 1, "active": True},
            *(
                {"url": f"{PATH}?page={page}", "label": str(page), "page": page, "active": False}
                for page in range(2, 6)
            ),
            {"url": f"{PATH}?page=2", "label": "Next &raquo;", "page": 2, "active": False},
        ],
        "next_page_url": f"{PATH}?page=2",
        "path": PATH,
        "per_page": 20,
        "prev_page_url": None,
        "to": 20,
        "total": 95,
    },
    "summary": {"total_cost": 3.99, "total_messages": 95, "delivered": 90, "failed": 3, "pending": 2},
}
SINGLE = [{key: value for key, value in ITEM.items() if key not in ("created_at", "updated_at")}]
