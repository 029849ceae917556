"""Loads that are killed, for a moment: `make soak` kills a hundred of them, and PostgreSQL as well."""

import random
from pathlib import Path

import pytest
from django.db import connection

from tests.ingest.killing import Place, Traffic, completed, kill_loads, loader
from tests.server import database_url

# Of rows of pairs number 0 and 1, what a kill could have done.
LOSSES = [
    "DELETE FROM messages_app_message WHERE client_message_id = 'x m-1'",
    "UPDATE messages_app_message SET sent_at = NULL WHERE client_message_id = 'x m-2'",
    "UPDATE messages_app_message SET heads_request = false WHERE client_message_id = 'x m-0'",
    "UPDATE broadcasts_app_broadcastsend SET click_count = 3 WHERE message_id = 'x s-1'",
    "UPDATE ingest_event SET waits = true WHERE reference = 'x s-1'",
    "DELETE FROM ingest_event WHERE reference = 'x s-1'",
]


@pytest.fixture
def place(transactional_db: None) -> Place:
    return Place({"DATABASE_URL": database_url()}, database_url())


def test_killed_loads_that_are_run_again_leave_every_line_once(place: Place, tmp_path: Path) -> None:
    found = kill_loads(place, tmp_path, {"loader": loader}, times=3, pairs=1200, seed=20260213)
    assert found.faults == []
    assert found.done == {"loader": 3}


def test_every_loss_would_be_seen(place: Place, tmp_path: Path) -> None:
    traffic = Traffic("x ", pairs=4)
    seen = list(completed(place, traffic, traffic.written(tmp_path, random.Random(1))))
    assert seen == []
    for loss in LOSSES:
        with connection.cursor() as cursor:
            cursor.execute(loss)
        before, seen = seen, list(traffic.differences(place))
        assert seen != before, loss
