-- Copies of search indexes in stores of vectors (D9): which there are, and how far each has come. search_entries says what is still to be copied.
CREATE TABLE search_copies (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation text COLLATE "C" NOT NULL,
    dataset_id bigint NOT NULL,
    store text COLLATE "C" NOT NULL,
    -- Of which the store may hold something. Noted before it does.
    fields text[] COLLATE "C" NOT NULL DEFAULT '{}',
    -- Everything up to here is there.
    revision bigint NOT NULL DEFAULT 0
);

-- A copy that no index names any more is removed from its store, whenever that can be reached.
ALTER TABLE search_indexes ADD COLUMN copy bigint;
CREATE UNIQUE INDEX search_indexes_by_copy ON search_indexes (copy);

ALTER TABLE search_copies ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON search_copies USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));

-- Says that the index of a dataset, where it has one, is copied to a store; in the transaction of the definition.
CREATE FUNCTION search_copy(id_of_dataset bigint, name_of_store text) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
    WITH made AS (
        INSERT INTO search_copies (organisation, dataset_id, store)
        SELECT i.organisation, i.dataset_id, name_of_store FROM search_indexes i WHERE i.dataset_id = id_of_dataset AND i.copy IS NULL
        RETURNING id)
    UPDATE search_indexes i SET copy = made.id FROM made WHERE i.dataset_id = id_of_dataset;
$$;
REVOKE ALL ON FUNCTION search_copy FROM PUBLIC;
