-- Definitions of datasets. Items live in one table per dataset, in the schema "items", made and remade together with the
-- definition; requests (the api role) reach both through row-level security only.
CREATE TABLE datasets (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    display_name text NOT NULL,
    description text NOT NULL,
    -- Fields and row rules as aimesh.data.v1.Dataset in protobuf JSON.
    definition jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    UNIQUE (organisation, name)
);
ALTER TABLE datasets ENABLE ROW LEVEL SECURITY;
ALTER TABLE datasets FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON datasets USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
GRANT SELECT ON datasets TO {{api}};

CREATE SCHEMA items;
GRANT USAGE ON SCHEMA items TO {{api}};
ALTER DEFAULT PRIVILEGES IN SCHEMA items GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {{api}};

-- First results of CreateItem by request_id (AIP-155).
CREATE TABLE create_requests (
    dataset_id bigint NOT NULL REFERENCES datasets ON DELETE CASCADE,
    organisation text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    request_id uuid NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (dataset_id, subject, request_id)
);
CREATE INDEX create_requests_by_time ON create_requests (create_time);
ALTER TABLE create_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON create_requests USING (
    organisation = (SELECT nullif(current_setting('aimesh.organisation', true), ''))
    AND subject = (SELECT nullif(current_setting('aimesh.user', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON create_requests TO {{api}};

-- Who read or changed what (D13). Requests can add to it and nothing else: not even read it.
CREATE TABLE access_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    organisation text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    token_id text NOT NULL,
    dataset text COLLATE "C" NOT NULL,
    dataset_id bigint NOT NULL,
    action text NOT NULL,
    item_count bigint NOT NULL,
    -- Version of the definition and the numbers of the row rules that let the caller through: "3:0,2".
    rule text NOT NULL
);
CREATE INDEX access_log_by_dataset ON access_log (organisation, dataset, at);
ALTER TABLE access_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_log FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON access_log FOR INSERT WITH CHECK (
    organisation = (SELECT nullif(current_setting('aimesh.organisation', true), ''))
    AND subject = (SELECT nullif(current_setting('aimesh.user', true), '')));
GRANT INSERT ON access_log TO {{api}};

-- Begins a request: tells row-level security who asks, for this transaction only, and stops it where the dataset's definition
-- is no longer the one that the service worked with (SQLSTATE AM001), so that neither a stale field list nor a stale check counts.
-- Dataset 0 stands for none.
CREATE FUNCTION enter(organisation text, subject text, roles text, attributes text, dataset bigint, expected_version bigint, writes boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('aimesh.organisation', organisation, true), set_config('aimesh.user', subject, true),
        set_config('aimesh.roles', roles, true), set_config('aimesh.attributes', attributes, true);
    IF dataset = 0 THEN
        RETURN;
    ELSIF writes THEN
        -- A redefinition holds this lock alone, so it never overlaps a write that was checked against the old definition.
        PERFORM pg_advisory_xact_lock_shared(dataset);
    ELSE
        -- A read writes one row of the access log; waiting for the disk would cost more than the read.
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    IF (SELECT d.version FROM datasets d WHERE d.id = dataset) IS DISTINCT FROM expected_version THEN
        RAISE EXCEPTION 'the definition of the dataset has changed' USING ERRCODE = 'AM001';
    END IF;
END $$;
REVOKE ALL ON FUNCTION enter FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enter TO {{api}};
