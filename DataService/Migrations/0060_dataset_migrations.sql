-- Moves of datasets from store to store (D7): one row a dataset, the move that is under way or the last one. Everything that a replica must know to go on
-- where another one was killed is here.
CREATE TABLE dataset_migrations (
    dataset_id bigint PRIMARY KEY REFERENCES datasets ON DELETE CASCADE,
    organisation text COLLATE "C" NOT NULL,
    -- Names of stores; '' is this database.
    source text COLLATE "C" NOT NULL,
    target text COLLATE "C" NOT NULL,
    -- aimesh.data.v1.DatasetMigration.State, in lower case.
    state text NOT NULL,
    -- Of the source, measured before anything is copied.
    total bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    checksum text NOT NULL DEFAULT '',
    -- The last item that is in the target, and how many are.
    copied bigint NOT NULL DEFAULT 0,
    copied_to text COLLATE "C" NOT NULL DEFAULT '',
    -- Why it is given up for good.
    failure text NOT NULL DEFAULT '',
    -- Why it does not get on now.
    trouble text NOT NULL DEFAULT '',
    start_time timestamptz NOT NULL DEFAULT clock_timestamp(),
    update_time timestamptz NOT NULL DEFAULT clock_timestamp(),
    end_time timestamptz
);
CREATE INDEX dataset_migrations_under_way ON dataset_migrations (dataset_id) WHERE end_time IS NULL;

-- Only the owner of the database works with it; requests have no grant.
ALTER TABLE dataset_migrations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON dataset_migrations USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
