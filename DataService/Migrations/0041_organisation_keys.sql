-- Keys of organisations (D8): for hashes and pseudonyms, and for fields. Each sealed under a data key of its own, which is sealed under a version of the
-- master key; this database knows none of these.
CREATE TABLE organisation_keys (
    organisation text COLLATE "C" NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    secret bytea NOT NULL,
    data_key bytea NOT NULL,
    master_key_version text NOT NULL,
    create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organisation, purpose, version)
);
ALTER TABLE organisation_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON organisation_keys TO {{owner}} USING (true);
CREATE POLICY tenant ON organisation_keys USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
GRANT SELECT, INSERT ON organisation_keys TO {{api}};
