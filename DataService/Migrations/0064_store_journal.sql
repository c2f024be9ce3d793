-- Changes of items that are in other stores than this database, on their way there (D10; decision 30). A write is noted here, with the row before and after it, and committed, before it
-- goes to its store; when the store has answered, its note becomes an event, or goes where nothing was changed. Notes that a process leaves behind are settled by any other.
CREATE TABLE store_journal (
    dataset_id bigint NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    dataset text COLLATE "C" NOT NULL,
    -- Who writes holds the advisory lock of this number until all is settled.
    operation bigint NOT NULL,
    -- The store's mark of the row before; empty where there was none.
    tag text COLLATE "C" NOT NULL,
    before jsonb,
    before_owner text COLLATE "C",
    after jsonb,
    after_owner text COLLATE "C",
    version bigint,
    create_time timestamptz,
    update_time timestamptz,
    -- One at a time: so the events of one item are in the order of its changes.
    PRIMARY KEY (dataset_id, item_id)
);
CREATE INDEX store_journal_by_operation ON store_journal (operation);

-- Only the owner of the database works with it; requests have no grant.
ALTER TABLE store_journal ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON store_journal USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));

CREATE SEQUENCE store_operations;
GRANT USAGE ON SEQUENCE store_operations TO {{api}};

-- An erasure (A10) waits for what is on its way with the person in it: it would arrive afterwards. Its caller tries again.
CREATE FUNCTION demand_settled(settled boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT settled THEN
        RAISE EXCEPTION 'a change is on its way to its store' USING ERRCODE = 'lock_not_available';
    END IF;
END $$;
REVOKE ALL ON FUNCTION demand_settled FROM PUBLIC;

-- Items of a dataset were changed without an event of each: whoever watches begins anew, and consumers of a bus are told how many events they miss.
CREATE FUNCTION begin_anew(organisation text, dataset text, dataset_id bigint, changes bigint) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    WITH added AS (
        INSERT INTO events (organisation, dataset, dataset_id) VALUES (begin_anew.organisation, begin_anew.dataset, begin_anew.dataset_id) RETURNING id, events.organisation, events.dataset_id)
    INSERT INTO event_queue SELECT * FROM added;
    PERFORM publish_events();
    UPDATE event_state SET trimmed = position;
    UPDATE event_sinks SET missed = missed + changes;
END $$;
REVOKE ALL ON FUNCTION begin_anew FROM PUBLIC;

-- As before; and nothing where the owner says that rows only change their place, since to whoever watches nothing has happened to them.
CREATE OR REPLACE FUNCTION record_items() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF current_setting('aimesh.moving', true) = 'on' AND pg_has_role(session_user, current_user, 'MEMBER') THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        WITH added AS (
            INSERT INTO events (organisation, dataset, dataset_id, item_id, after, after_owner, version, create_time, update_time)
            SELECT TG_ARGV[0], TG_ARGV[1], TG_ARGV[2]::bigint, n.id, n.fields, n.owner, n.version, n.create_time, n.update_time
            FROM new_rows n RETURNING id, organisation, dataset_id)
        INSERT INTO event_queue SELECT * FROM added;
    ELSIF TG_OP = 'UPDATE' THEN
        WITH added AS (
            INSERT INTO events (organisation, dataset, dataset_id, item_id, before, before_owner, after, after_owner, version, create_time, update_time)
            SELECT TG_ARGV[0], TG_ARGV[1], TG_ARGV[2]::bigint, n.id, o.fields, o.owner, n.fields, n.owner, n.version, n.create_time, n.update_time
            FROM old_rows o JOIN new_rows n ON n.id = o.id RETURNING id, organisation, dataset_id)
        INSERT INTO event_queue SELECT * FROM added;
    ELSE
        WITH added AS (
            INSERT INTO events (organisation, dataset, dataset_id, item_id, before, before_owner)
            SELECT TG_ARGV[0], TG_ARGV[1], TG_ARGV[2]::bigint, o.id, o.fields, o.owner FROM old_rows o RETURNING id, organisation, dataset_id)
        INSERT INTO event_queue SELECT * FROM added;
    END IF;
    RETURN NULL;
END $$;
