-- Search (D9). A trigger notes in the transaction of every write which items are to be indexed, whoever writes; a second step takes them
-- from there, reads the items as they are by then, and stores their chunks, all in one transaction. Killed anywhere, nothing is lost or half done.
CREATE TABLE search_indexes (
    dataset_id bigint PRIMARY KEY,
    organisation text COLLATE "C" NOT NULL,
    dataset text COLLATE "C" NOT NULL,
    namespace text COLLATE "C" NOT NULL GENERATED ALWAYS AS (organisation || '/' || dataset) STORED,
    -- Searchable by definition, and those of them that hold every item.
    fields text[] COLLATE "C" NOT NULL,
    ready text[] COLLATE "C" NOT NULL,
    -- The last item that a rebuild has done, '' at its beginning; NULL while there is none.
    rebuilt_to text COLLATE "C",
    -- Grows with every step.
    revision bigint NOT NULL DEFAULT 0,
    -- Up to this revision it is not kept which items were removed.
    trimmed bigint NOT NULL DEFAULT 0
);

CREATE TABLE search_queue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation text COLLATE "C" NOT NULL,
    dataset_id bigint NOT NULL,
    item_id text COLLATE "C" NOT NULL
);
CREATE INDEX search_queue_by_dataset ON search_queue (dataset_id, id);

-- At which revision an item was indexed last, also where it has no text or is gone: copies in memory learn from here what changed.
CREATE TABLE search_entries (
    dataset_id bigint NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    removed_at timestamptz,
    PRIMARY KEY (dataset_id, item_id)
);
CREATE INDEX search_entries_by_revision ON search_entries (dataset_id, revision);
CREATE INDEX search_entries_removed ON search_entries (removed_at) WHERE removed_at IS NOT NULL;

CREATE TABLE search_chunks (
    dataset_id bigint NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    field text COLLATE "C" NOT NULL,
    ordinal integer NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    text text NOT NULL,
    -- IEEE halves, little-endian; of unit length, or zeros.
    vector bytea NOT NULL,
    PRIMARY KEY (dataset_id, item_id, field, ordinal)
);

-- Requests see how far the index is, and none of what is in it: chunks are read by the service itself, which ranks only what the caller may see.
ALTER TABLE search_indexes ENABLE ROW LEVEL SECURITY;
ALTER TABLE search_queue ENABLE ROW LEVEL SECURITY;
ALTER TABLE search_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE search_chunks ENABLE ROW LEVEL SECURITY;
ALTER TABLE search_entries FORCE ROW LEVEL SECURITY;
ALTER TABLE search_chunks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON search_indexes USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
CREATE POLICY tenant ON search_queue USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
CREATE POLICY tenant ON search_entries USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
CREATE POLICY tenant ON search_chunks USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
GRANT SELECT ON search_indexes, search_queue TO {{api}};

-- For triggers on tables of items; arguments: organisation and id of the dataset.
CREATE FUNCTION queue_search() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    searched text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO search_queue (organisation, dataset_id, item_id) SELECT TG_ARGV[0], TG_ARGV[1]::bigint, n.id FROM new_rows n;
    ELSIF TG_OP = 'UPDATE' THEN
        SELECT i.fields INTO searched FROM search_indexes i WHERE i.dataset_id = TG_ARGV[1]::bigint;
        INSERT INTO search_queue (organisation, dataset_id, item_id)
        SELECT TG_ARGV[0], TG_ARGV[1]::bigint, n.id FROM old_rows o JOIN new_rows n ON n.id = o.id
        WHERE EXISTS (SELECT FROM unnest(searched) AS name WHERE o.fields -> name IS DISTINCT FROM n.fields -> name);
    ELSE
        INSERT INTO search_queue (organisation, dataset_id, item_id) SELECT TG_ARGV[0], TG_ARGV[1]::bigint, o.id FROM old_rows o;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION search_forget(id_of_dataset bigint) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
    DELETE FROM search_queue WHERE dataset_id = id_of_dataset;
    DELETE FROM search_chunks WHERE dataset_id = id_of_dataset;
    DELETE FROM search_entries WHERE dataset_id = id_of_dataset;
    DELETE FROM search_indexes WHERE dataset_id = id_of_dataset;
$$;
REVOKE ALL ON FUNCTION search_forget FROM PUBLIC;

-- Says which fields of a dataset are searched; in the transaction of the definition, which holds the table of items alone.
CREATE FUNCTION search_define(items regclass, owner_organisation text, name_of_dataset text, id_of_dataset bigint, wanted text[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    has_items boolean;
    is_new boolean := NOT EXISTS (SELECT FROM search_indexes WHERE dataset_id = id_of_dataset);
BEGIN
    IF wanted = '{}' THEN
        IF NOT is_new THEN
            PERFORM search_forget(id_of_dataset);
            EXECUTE format('DROP TRIGGER queue_inserts ON %s; DROP TRIGGER queue_updates ON %s; DROP TRIGGER queue_deletes ON %s', items, items, items);
        END IF;
    ELSIF is_new THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', items) INTO has_items;
        INSERT INTO search_indexes (dataset_id, organisation, dataset, fields, ready, rebuilt_to)
        VALUES (id_of_dataset, owner_organisation, name_of_dataset, wanted, CASE WHEN has_items THEN '{}' ELSE wanted END, CASE WHEN has_items THEN '' END);
        EXECUTE format('CREATE TRIGGER queue_inserts AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION queue_search(%L, %L)', items, owner_organisation, id_of_dataset);
        EXECUTE format('CREATE TRIGGER queue_updates AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION queue_search(%L, %L)', items, owner_organisation, id_of_dataset);
        EXECUTE format('CREATE TRIGGER queue_deletes AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION queue_search(%L, %L)', items, owner_organisation, id_of_dataset);
    ELSE
        UPDATE search_indexes SET fields = wanted, ready = ARRAY(SELECT name FROM unnest(ready) AS name WHERE name = ANY (wanted)), rebuilt_to = ''
        WHERE dataset_id = id_of_dataset AND NOT (fields @> wanted AND fields <@ wanted);
    END IF;
END $$;
REVOKE ALL ON FUNCTION search_define FROM PUBLIC;
