-- What happened to items and definitions (D10): a transactional outbox, a position for each event, and the version of each dataset.
--
-- A trigger adds an event in the transaction of every write, whoever writes. Numbers given out inside concurrent transactions become visible
-- out of order, so nobody may read on by them. A second step, one at a time, gives each committed event its position: whoever
-- has seen a position has seen, or can never see, everything below it.
CREATE TABLE events (
    -- Taken while the row is locked, so that events of one item have ids in their true order.
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation text COLLATE "C" NOT NULL,
    dataset text COLLATE "C" NOT NULL,
    dataset_id bigint NOT NULL,
    -- NULL where the definition changed.
    item_id text COLLATE "C",
    -- The whole row before and after, since whether a subscriber saw it and sees it follows from both.
    before jsonb,
    before_owner text COLLATE "C",
    after jsonb,
    after_owner text COLLATE "C",
    version bigint,
    create_time timestamptz,
    update_time timestamptz
);

-- Committed, and without a position yet.
CREATE TABLE event_queue (
    event_id bigint PRIMARY KEY,
    organisation text COLLATE "C" NOT NULL,
    dataset_id bigint NOT NULL
);
CREATE INDEX event_queue_by_dataset ON event_queue (dataset_id);

CREATE TABLE event_log (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id bigint NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    dataset text COLLATE "C" NOT NULL,
    dataset_id bigint NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX event_log_by_dataset ON event_log (dataset_id, position);

-- Position of the last event of each dataset, also when the event itself was trimmed.
CREATE TABLE dataset_versions (
    dataset_id bigint PRIMARY KEY,
    organisation text COLLATE "C" NOT NULL,
    position bigint NOT NULL
);

-- One row: the last position, and the last one that was trimmed.
CREATE TABLE event_state (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    position bigint NOT NULL DEFAULT 0,
    trimmed bigint NOT NULL DEFAULT 0
);
INSERT INTO event_state DEFAULT VALUES;

-- Requests read events of their organisation and write none themselves.
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_queue ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE dataset_versions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON events USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
CREATE POLICY tenant ON event_queue USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
CREATE POLICY tenant ON event_log USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
CREATE POLICY tenant ON dataset_versions USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
GRANT SELECT ON events, event_queue, event_log, dataset_versions, event_state TO {{api}};

-- For triggers on tables of items; arguments: organisation, name and id of the dataset.
CREATE FUNCTION record_items() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
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

-- Makes a table of items record its events.
CREATE FUNCTION record_items_of(items regclass, organisation text, dataset text, dataset_id bigint) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER record_inserts AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_items(%L, %L, %L)', items, organisation, dataset, dataset_id);
    EXECUTE format('CREATE TRIGGER record_updates AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_items(%L, %L, %L)', items, organisation, dataset, dataset_id);
    EXECUTE format('CREATE TRIGGER record_deletes AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION record_items(%L, %L, %L)', items, organisation, dataset, dataset_id);
END $$;
REVOKE ALL ON FUNCTION record_items_of FROM PUBLIC;

-- Records that a dataset was made, redefined or deleted.
CREATE FUNCTION record_definition() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed datasets := coalesce(NEW, OLD);
BEGIN
    WITH added AS (
        INSERT INTO events (organisation, dataset, dataset_id) VALUES (changed.organisation, changed.name, changed.id) RETURNING id, organisation, dataset_id)
    INSERT INTO event_queue SELECT * FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER record_definitions AFTER INSERT OR UPDATE OR DELETE ON datasets FOR EACH ROW EXECUTE FUNCTION record_definition();

-- Gives committed events their positions, one caller at a time; returns the last position.
CREATE FUNCTION publish_events() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    last bigint;
BEGIN
    IF EXISTS (SELECT FROM event_queue) THEN
        -- Held until the commit: positions of one step are visible before the next step begins.
        PERFORM pg_advisory_xact_lock(hashtextextended('aimesh events', 0));
        WITH taken AS (
            DELETE FROM event_queue RETURNING event_id),
        placed AS (
            INSERT INTO event_log (event_id, organisation, dataset, dataset_id, at)
            SELECT e.id, e.organisation, e.dataset, e.dataset_id, clock_timestamp() FROM taken t JOIN events e ON e.id = t.event_id ORDER BY e.id
            RETURNING position, organisation, dataset_id),
        versions AS (
            INSERT INTO dataset_versions AS known (dataset_id, organisation, position)
            SELECT dataset_id, organisation, max(position) FROM placed GROUP BY dataset_id, organisation
            ON CONFLICT (dataset_id) DO UPDATE SET position = excluded.position)
        UPDATE event_state SET position = p.last FROM (SELECT max(position) AS last FROM placed) p WHERE p.last IS NOT NULL;
        PERFORM pg_notify('data_events', '');
    END IF;
    SELECT position INTO last FROM event_state;
    RETURN last;
END $$;
REVOKE ALL ON FUNCTION publish_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION publish_events TO {{api}};

-- Which datasets of all organisations changed after a position. For services of the mesh: names, nothing of any row.
CREATE FUNCTION changed_datasets(after bigint) RETURNS TABLE (organisation text, dataset text, "position" bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT l.organisation, l.dataset, max(l.position) FROM event_log l WHERE l.position > after GROUP BY l.organisation, l.dataset ORDER BY 3
$$;
REVOKE ALL ON FUNCTION changed_datasets FROM PUBLIC;
GRANT EXECUTE ON FUNCTION changed_datasets TO {{api}};

-- Removes the oldest events that are too old or too many; returns how many, at most 5,000, so that it never holds anything up for long.
CREATE FUNCTION trim_events(max_age interval, max_count bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    last bigint;
    removed bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('aimesh events trimmed', 0)) THEN
        RETURN 0;
    END IF;
    SELECT max(oldest.position) INTO last
    FROM (SELECT l.position, l.at FROM event_log l ORDER BY l.position LIMIT 5000) oldest, event_state s
    WHERE oldest.at < clock_timestamp() - max_age OR oldest.position <= s.position - max_count;
    IF last IS NULL THEN
        RETURN 0;
    END IF;
    WITH gone AS (DELETE FROM event_log l WHERE l.position <= last RETURNING event_id)
    DELETE FROM events e USING gone WHERE e.id = gone.event_id;
    GET DIAGNOSTICS removed = ROW_COUNT;
    UPDATE event_state SET trimmed = last;
    RETURN removed;
END $$;
REVOKE ALL ON FUNCTION trim_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trim_events TO {{api}};

-- The state of a dataset's items and definition as a number: the same number means that nothing was written in between. NULL while events wait for
-- their position; then nobody can say.
CREATE FUNCTION dataset_version(dataset bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM event_queue q WHERE q.dataset_id = dataset) THEN NULL
        ELSE coalesce((SELECT v.position FROM dataset_versions v WHERE v.dataset_id = dataset), 0) END
$$;
REVOKE ALL ON FUNCTION dataset_version FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dataset_version TO {{api}};

-- Datasets that exist already. The owner sees them all only while row security does not hold for owners.
ALTER TABLE datasets NO FORCE ROW LEVEL SECURITY;
DO $$
DECLARE
    existing record;
BEGIN
    FOR existing IN SELECT id, organisation, name FROM datasets LOOP
        PERFORM record_items_of(format('items.d%s', existing.id)::regclass, existing.organisation, existing.name, existing.id);
    END LOOP;
END $$;
ALTER TABLE datasets FORCE ROW LEVEL SECURITY;
