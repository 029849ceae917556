"""A few killed loads. `make soak` kills a hundred of them, and PostgreSQL as well."""

import random
from pathlib import Path

import pytest
from django.db import connection

from tests.ingest.load_killer import LoadTarget, Traffic, complete_load, kill_loader, kill_loads
from tests.server import database_url

# Damage that a kill could do to rows of the first pairs.
LOSSES = [
    "DELETE FROM messages_app_message WHERE client_message_id = 'x m-1'",
    "UPDATE messages_app_message SET sent_at = NULL WHERE client_message_id = 'x m-2'",
    "UPDATE messages_app_message SET heads_request = false WHERE client_message_id = 'x m-0'",
    "UPDATE broadcasts_app_broadcastsend SET click_count = 3 WHERE message_id = 'x s-1'",
    "UPDATE ingest_event SET waits = true WHERE reference = 'x s-1'",
    "DELETE FROM ingest_event WHERE reference = 'x s-1'",
]


@pytest.fixture
def target(transactional_db: None) -> LoadTarget:
    return LoadTarget({"DATABASE_URL": database_url()}, database_url())


def test_killed_loads_store_each_line_once_when_they_are_repeated(target: LoadTarget, tmp_path: Path) -> None:
    report = kill_loads(target, tmp_path, {"loader": kill_loader}, times=3, pairs=1200, seed=20260213)
    assert report.failures == []
    assert report.kills == {"loader": 3}


def test_each_loss_is_detected(target: LoadTarget, tmp_path: Path) -> None:
    traffic = Traffic("x ", pairs=4)
    seen = list(complete_load(target, traffic, traffic.write_file(tmp_path, random.Random(1))))
    assert seen == []
    for loss in LOSSES:
        with connection.cursor() as cursor:
            cursor.execute(loss)
        before, seen = seen, list(traffic.find_differences(target))
        assert seen != before, loss
