-- How far the erasure of a person has come in a dataset whose items are in another store (A10): whoever goes on after a kill begins here. A row goes when
-- all of the dataset was looked at.
CREATE TABLE document_erasures (
    request_id text COLLATE "C" NOT NULL,
    dataset_id bigint NOT NULL REFERENCES datasets ON DELETE CASCADE,
    organisation text COLLATE "C" NOT NULL,
    -- Of the definition, which says where the items are and whom they are about.
    version bigint NOT NULL,
    -- Everything up to this id was looked at.
    looked_to text COLLATE "C" NOT NULL DEFAULT '',
    -- Written before the store is told to change these: they are counted, whether or not anybody lives to hear its answer.
    pending text[] COLLATE "C" NOT NULL DEFAULT '{}',
    erased bigint NOT NULL DEFAULT 0,
    pseudonymised bigint NOT NULL DEFAULT 0,
    -- Somebody else wrote them meanwhile.
    missed bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (request_id, dataset_id)
);

-- Only the owner of the database works with it; requests have no grant.
ALTER TABLE document_erasures ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON document_erasures USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
