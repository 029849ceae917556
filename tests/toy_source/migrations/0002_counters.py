"""Triggers that count WhatsApp messages, whoever writes them. Later counter specs do not change this SQL."""

from django.db import migrations

CREATE = """
CREATE FUNCTION whatsapp_whatsappmessage_counted_insert() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO counters_counter (account_id, source, grain, day, status_group, sender_id, country, broadcast_id,
        sms, requests, segments, cost, clicks, unique_clicks, actions, squashed) SELECT w.*, false FROM ( SELECT
        account_id, source, CASE WHEN grouping(sender_id) = 0 THEN 1 ELSE 0 END, day, coalesce(c.status_group, ''),
        coalesce(c.sender_id, ''), coalesce(c.country, ''), 0, sum(c.sms), sum(c.requests), sum(c.segments),
        sum(c.cost), sum(c.clicks), sum(c.unique_clicks), sum(c.actions) FROM (SELECT t.account_id, 'whatsapp' AS
        source, (t.created_at AT TIME ZONE 'UTC')::date AS day, t.status_group AS status_group, t.sender_id AS
        sender_id, coalesce(t.country, '') AS country, 0 AS broadcast_id, (1) AS sms, (1) AS requests, (t.segments)
        AS segments, (t.cost) AS cost, (0) AS clicks, (0) AS unique_clicks, (0) AS actions FROM new_rows t) c GROUP
        BY GROUPING SETS ((account_id, source, day, status_group), (account_id, source, day, status_group,
        sender_id, country)) HAVING sum(c.sms) <> 0 OR sum(c.requests) <> 0 OR sum(c.segments) <> 0 OR sum(c.cost)
        <> 0 OR sum(c.clicks) <> 0 OR sum(c.unique_clicks) <> 0 OR sum(c.actions) <> 0 ) w;
    RETURN NULL;
END $body$;
CREATE TRIGGER whatsapp_whatsappmessage_counted_insert AFTER INSERT ON whatsapp_whatsappmessage
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION whatsapp_whatsappmessage_counted_insert();

CREATE FUNCTION whatsapp_whatsappmessage_counted_update() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO counters_counter (account_id, source, grain, day, status_group, sender_id, country, broadcast_id,
        sms, requests, segments, cost, clicks, unique_clicks, actions, squashed) SELECT w.*, false FROM ( SELECT
        account_id, source, CASE WHEN grouping(sender_id) = 0 THEN 1 ELSE 0 END, day, coalesce(c.status_group, ''),
        coalesce(c.sender_id, ''), coalesce(c.country, ''), 0, sum(c.sms), sum(c.requests), sum(c.segments),
        sum(c.cost), sum(c.clicks), sum(c.unique_clicks), sum(c.actions) FROM (SELECT t.account_id, 'whatsapp' AS
        source, (t.created_at AT TIME ZONE 'UTC')::date AS day, t.status_group AS status_group, t.sender_id AS
        sender_id, coalesce(t.country, '') AS country, 0 AS broadcast_id, (1) AS sms, (1) AS requests, (t.segments)
        AS segments, (t.cost) AS cost, (0) AS clicks, (0) AS unique_clicks, (0) AS actions FROM new_rows t UNION ALL
        SELECT t.account_id, 'whatsapp' AS source, (t.created_at AT TIME ZONE 'UTC')::date AS day, t.status_group AS
        status_group, t.sender_id AS sender_id, coalesce(t.country, '') AS country, 0 AS broadcast_id, -(1) AS sms,
        -(1) AS requests, -(t.segments) AS segments, -(t.cost) AS cost, -(0) AS clicks, -(0) AS unique_clicks, -(0)
        AS actions FROM old_rows t) c GROUP BY GROUPING SETS ((account_id, source, day, status_group), (account_id,
        source, day, status_group, sender_id, country)) HAVING sum(c.sms) <> 0 OR sum(c.requests) <> 0 OR
        sum(c.segments) <> 0 OR sum(c.cost) <> 0 OR sum(c.clicks) <> 0 OR sum(c.unique_clicks) <> 0 OR
        sum(c.actions) <> 0 ) w;
    RETURN NULL;
END $body$;
CREATE TRIGGER whatsapp_whatsappmessage_counted_update AFTER UPDATE ON whatsapp_whatsappmessage
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION whatsapp_whatsappmessage_counted_update();

CREATE FUNCTION whatsapp_whatsappmessage_counted_delete() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO counters_counter (account_id, source, grain, day, status_group, sender_id, country, broadcast_id,
        sms, requests, segments, cost, clicks, unique_clicks, actions, squashed) SELECT w.*, false FROM ( SELECT
        account_id, source, CASE WHEN grouping(sender_id) = 0 THEN 1 ELSE 0 END, day, coalesce(c.status_group, ''),
        coalesce(c.sender_id, ''), coalesce(c.country, ''), 0, sum(c.sms), sum(c.requests), sum(c.segments),
        sum(c.cost), sum(c.clicks), sum(c.unique_clicks), sum(c.actions) FROM (SELECT t.account_id, 'whatsapp' AS
        source, (t.created_at AT TIME ZONE 'UTC')::date AS day, t.status_group AS status_group, t.sender_id AS
        sender_id, coalesce(t.country, '') AS country, 0 AS broadcast_id, -(1) AS sms, -(1) AS requests,
        -(t.segments) AS segments, -(t.cost) AS cost, -(0) AS clicks, -(0) AS unique_clicks, -(0) AS actions FROM
        old_rows t) c GROUP BY GROUPING SETS ((account_id, source, day, status_group), (account_id, source, day,
        status_group, sender_id, country)) HAVING sum(c.sms) <> 0 OR sum(c.requests) <> 0 OR sum(c.segments) <> 0 OR
        sum(c.cost) <> 0 OR sum(c.clicks) <> 0 OR sum(c.unique_clicks) <> 0 OR sum(c.actions) <> 0 ) w;
    RETURN NULL;
END $body$;
CREATE TRIGGER whatsapp_whatsappmessage_counted_delete AFTER DELETE ON whatsapp_whatsappmessage
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION whatsapp_whatsappmessage_counted_delete();

CREATE FUNCTION whatsapp_whatsappmessage_counted_truncate() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM pg_advisory_xact_lock(1668183154);
    DELETE FROM counters_counter WHERE source = 'whatsapp' AND (sms <> 0 OR requests <> 0 OR segments <> 0 OR cost
        <> 0);
    RETURN NULL;
END $body$;
CREATE TRIGGER whatsapp_whatsappmessage_counted_truncate AFTER TRUNCATE ON whatsapp_whatsappmessage
    FOR EACH STATEMENT EXECUTE FUNCTION whatsapp_whatsappmessage_counted_truncate();
"""
# A restore runs with an empty search_path, and the functions must find the counters then, too. The schema is the one
# that the tables were made in; `pg_temp` comes last, so that no temporary table can stand in for one of ours.
SET_SEARCH_PATH = """
DO $pin$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'whatsapp_whatsappmessage_counted_insert',
        'whatsapp_whatsappmessage_counted_update',
        'whatsapp_whatsappmessage_counted_delete',
        'whatsapp_whatsappmessage_counted_truncate'
    ] LOOP
        EXECUTE format(
            'ALTER FUNCTION %1$I.%2$I() SET search_path = pg_catalog, %1$I, pg_temp', current_schema(), name
        );
    END LOOP;
END $pin$;
"""
DROP = """
DROP TRIGGER whatsapp_whatsappmessage_counted_insert ON whatsapp_whatsappmessage;
DROP FUNCTION whatsapp_whatsappmessage_counted_insert();
DROP TRIGGER whatsapp_whatsappmessage_counted_update ON whatsapp_whatsappmessage;
DROP FUNCTION whatsapp_whatsappmessage_counted_update();
DROP TRIGGER whatsapp_whatsappmessage_counted_delete ON whatsapp_whatsappmessage;
DROP FUNCTION whatsapp_whatsappmessage_counted_delete();
DROP TRIGGER whatsapp_whatsappmessage_counted_truncate ON whatsapp_whatsappmessage;
DROP FUNCTION whatsapp_whatsappmessage_counted_truncate();
"""


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0001_initial"), ("counters", "0004_restored_counters")]

    operations = [migrations.RunSQL(CREATE + SET_SEARCH_PATH, DROP)]
