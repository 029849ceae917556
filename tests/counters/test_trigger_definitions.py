"""Triggers in the database are those that the counter specs define: any other state is named, and can be restored."""

import io

import pytest
from django.core.management import CommandError, call_command

from smsreports.counters.verify import find_trigger_differences, rebuild_counters
from smsreports.sources import get_counter_specs
from tests.counters.rows import MESSAGES, SENDS, Row, create_accounts, insert_messages, recount_rows, run, sum_counters

pytestmark = pytest.mark.django_db
INSERT, UPDATE, DELETE = (f"{MESSAGES}_counted_{event}" for event in ("insert", "update", "delete"))
EMPTY_FUNCTION = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
CREATE_INSERT = f"CREATE TRIGGER {INSERT} AFTER INSERT ON {MESSAGES}"

# Statements that change triggers of the messages, and what is said of each.
CHANGES = {
    "dropped": (f"DROP TRIGGER {INSERT} ON {MESSAGES}", f"trigger {INSERT} of {MESSAGES} is missing"),
    "disabled": (
        f"ALTER TABLE {MESSAGES} DISABLE TRIGGER {UPDATE}",
        f"trigger {UPDATE} of {MESSAGES} differs: state is 'disabled', not 'enabled'",
    ),
    "on replicas only": (
        f"ALTER TABLE {MESSAGES} ENABLE REPLICA TRIGGER {UPDATE}",
        f"trigger {UPDATE} of {MESSAGES} differs: state is 'enabled on replicas only', not 'enabled'",
    ),
    "renamed": (
        f"ALTER TRIGGER {INSERT} ON {MESSAGES} RENAME TO other",
        f"trigger {INSERT} of {MESSAGES} is missing\ntrigger other of {MESSAGES} belongs to no counter spec",
    ),
    "stray": (
        f"CREATE TRIGGER stray BEFORE UPDATE ON {MESSAGES} FOR EACH ROW "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        f"trigger stray of {MESSAGES} belongs to no counter spec",
    ),
    "another event": (
        f"DROP TRIGGER {DELETE} ON {MESSAGES}; CREATE TRIGGER {DELETE} AFTER UPDATE ON {MESSAGES} "
        f"REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION {DELETE}()",
        f"trigger {DELETE} of {MESSAGES} differs: "
        "timing is 'AFTER UPDATE FOR EACH STATEMENT', not 'AFTER DELETE FOR EACH STATEMENT'",
    ),
    "another level": (
        f"DROP TRIGGER {INSERT} ON {MESSAGES}; {CREATE_INSERT} "
        f"REFERENCING NEW TABLE AS new_rows FOR EACH ROW EXECUTE FUNCTION {INSERT}()",
        f"trigger {INSERT} of {MESSAGES} differs: "
        "timing is 'AFTER INSERT FOR EACH ROW', not 'AFTER INSERT FOR EACH STATEMENT'",
    ),
    "other transition table": (
        f"DROP TRIGGER {INSERT} ON {MESSAGES}; {CREATE_INSERT} "
        f"REFERENCING NEW TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION {INSERT}()",
        f"trigger {INSERT} of {MESSAGES} differs: new_rows is 'rows', not 'new_rows'",
    ),
    "condition": (
        f"DROP TRIGGER {INSERT} ON {MESSAGES}; {CREATE_INSERT} "
        f"REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION {INSERT}()",
        f"trigger {INSERT} of {MESSAGES} differs: is_restricted is True, not False",
    ),
    "another function": (
        f"CREATE FUNCTION elsewhere() {EMPTY_FUNCTION}; DROP TRIGGER {INSERT} ON {MESSAGES}; {CREATE_INSERT} "
        "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION elsewhere()",
        f"trigger {INSERT} of {MESSAGES} differs: function is 'public.elsewhere', not 'public.{INSERT}'; "
        "settings is '', not 'search_path=pg_catalog, public, pg_temp'; body is another",
    ),
    "function replaced": (
        f"CREATE OR REPLACE FUNCTION {INSERT}() {EMPTY_FUNCTION} SET search_path = pg_catalog, public, pg_temp",
        f"trigger {INSERT} of {MESSAGES} differs: body is another",
    ),
    "function without search_path": (
        f"ALTER FUNCTION {INSERT}() RESET search_path",
        f"trigger {INSERT} of {MESSAGES} differs: settings is '', not 'search_path=pg_catalog, public, pg_temp'",
    ),
    "function of its owner": (
        f"ALTER FUNCTION {INSERT}() SECURITY DEFINER",
        f"trigger {INSERT} of {MESSAGES} differs: is_security_definer is True, not False",
    ),
}
REPAIRABLE = [name for name in CHANGES if name not in ("renamed", "stray")]


def test_the_migrated_database_has_the_triggers_of_the_specs() -> None:
    assert find_trigger_differences(get_counter_specs()) == []


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_trigger_is_named_with_its_difference(name: str) -> None:
    statements, difference = CHANGES[name]
    run(statements)
    assert "\n".join(find_trigger_differences(get_counter_specs())) == difference


@pytest.mark.parametrize("name", REPAIRABLE)
def test_rebuilding_restores_the_triggers(name: str) -> None:
    create_accounts()
    run(CHANGES[name][0])
    rebuild_counters(get_counter_specs())
    assert find_trigger_differences(get_counter_specs()) == []
    insert_messages([Row()])
    run(f"UPDATE {MESSAGES} SET segments = 2")
    assert sum_counters() == recount_rows()


def test_rebuilding_counts_what_a_missing_trigger_missed() -> None:
    create_accounts()
    run(CHANGES["dropped"][0])
    insert_messages([Row()])
    rebuild_counters(get_counter_specs())
    insert_messages([Row()])
    assert sum_counters() == recount_rows()


def test_rebuilding_leaves_triggers_of_no_spec() -> None:
    statements, difference = CHANGES["stray"]
    run(statements)
    rebuild_counters(get_counter_specs())
    assert find_trigger_differences(get_counter_specs()) == [difference]


def test_a_trigger_of_every_event_and_table_is_compared() -> None:
    for table in (MESSAGES, SENDS):
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    named = "\n".join(find_trigger_differences(get_counter_specs()))
    for table in (MESSAGES, SENDS):
        for event in ("insert", "update", "delete", "truncate"):
            assert f"trigger {table}_counted_{event} of {table} differs: state" in named


def test_triggers_are_compared_in_the_schema_of_their_table() -> None:
    run('ALTER SCHEMA public RENAME TO "Other"')
    run('SET LOCAL search_path = "Other"')
    [difference, *_] = find_trigger_differences(get_counter_specs())
    assert (
        """settings is 'search_path=pg_catalog, public, pg_temp', not 'search_path=pg_catalog, "Other", pg_temp'"""
        in (difference)
    )
    rebuild_counters(get_counter_specs())
    assert find_trigger_differences(get_counter_specs()) == []


def test_the_command_names_triggers_beside_counters() -> None:
    create_accounts()
    run(f"ALTER TABLE {MESSAGES} DISABLE TRIGGER USER")
    insert_messages([Row()])
    output = io.StringIO()
    with pytest.raises(
        CommandError, match=r"^4 triggers differ and 2 counters differ; run rebuild_counters to"
    ) as error:
        call_command("verify_counters", stdout=output)
    assert error.value.returncode == 1
    assert output.getvalue().count("state is 'disabled'") == 4
