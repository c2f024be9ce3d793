-- Who read or changed what (D13), in two steps. Requests add to the inbox by the very statement that they are recorded for: no lock, no index, no
-- hash. A sealer moves what is committed into the chain (AiMesh.ServiceDefaults.Audit), many at a time. Nobody but the owner of the database can
-- change a record there, and the chain tells that it was done.
CREATE TABLE audit_events (
    organisation text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    at timestamptz NOT NULL,
    -- An alias, see audit_people.
    actor text COLLATE "C",
    action text NOT NULL,
    -- Id of a dataset.
    target text COLLATE "C",
    address text,
    trace_id text,
    detail jsonb NOT NULL DEFAULT '{}',
    previous_hash bytea NOT NULL CHECK (octet_length(previous_hash) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (organisation, sequence)
);
CREATE INDEX audit_events_by_target ON audit_events (organisation, target, sequence);
CREATE INDEX audit_events_by_actor ON audit_events (organisation, actor, sequence);
ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_events USING (organisation = coalesce((SELECT nullif(current_setting('aimesh.organisation', true), '')), ''));
CREATE POLICY verify ON audit_events FOR SELECT TO {{owner}} USING (true);

-- How far each chain had come, sealed under a key that this database does not know. Of hashes only, so without row-level security.
CREATE TABLE audit_checkpoints (
    organisation text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    master_key_version text NOT NULL,
    seal bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organisation, sequence)
);

-- The heads of all chains that grew since their last checkpoint.
CREATE FUNCTION audit_heads_without_checkpoint() RETURNS TABLE (organisation text, sequence bigint, hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH RECURSIVE chains AS (
        (SELECT e.organisation FROM audit_events e ORDER BY e.organisation LIMIT 1)
        UNION ALL
        SELECT (SELECT e.organisation FROM audit_events e WHERE e.organisation > c.organisation ORDER BY e.organisation LIMIT 1)
        FROM chains c WHERE c.organisation IS NOT NULL)
    SELECT h.organisation, h.sequence, h.hash
    FROM chains c
    CROSS JOIN LATERAL (SELECT e.organisation, e.sequence, e.hash FROM audit_events e WHERE e.organisation = c.organisation ORDER BY e.sequence DESC LIMIT 1) h
    WHERE NOT EXISTS (SELECT FROM audit_checkpoints p WHERE p.organisation = h.organisation AND p.sequence >= h.sequence)
$$;
REVOKE ALL ON FUNCTION audit_heads_without_checkpoint() FROM PUBLIC;
GRANT SELECT, INSERT ON audit_checkpoints TO {{api}};
GRANT EXECUTE ON FUNCTION audit_heads_without_checkpoint() TO {{api}};

-- Whom the aliases of the chain stand for. An alias is a salted hash of the person, so that no two can be exchanged; without its row here it leads to
-- nobody. That row is what erasure deletes (A10): the chain itself never changes.
CREATE TABLE audit_people (
    organisation text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    alias text COLLATE "C" NOT NULL,
    salt bytea NOT NULL,
    PRIMARY KEY (organisation, subject),
    UNIQUE (organisation, alias)
);
ALTER TABLE audit_people ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_people FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON audit_people TO {{owner}} USING (true);
CREATE POLICY tenant ON audit_people FOR SELECT USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));

CREATE TABLE access_inbox (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    organisation text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    token_id text NOT NULL,
    dataset text COLLATE "C" NOT NULL,
    dataset_id bigint NOT NULL,
    action text NOT NULL,
    -- NULL: not known, while a stream is under way or where it was cut off.
    item_count bigint,
    -- Version of the definition and the numbers of the row rules that let the caller through: "3:0,2"; or why they were refused.
    rule text NOT NULL,
    -- Names a stream that is under way.
    stream uuid
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE UNIQUE INDEX access_inbox_streams ON access_inbox (stream) WHERE stream IS NOT NULL;
ALTER TABLE access_inbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_inbox FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON access_inbox FOR INSERT WITH CHECK (
    organisation = (SELECT nullif(current_setting('aimesh.organisation', true), ''))
    AND subject = (SELECT nullif(current_setting('aimesh.user', true), '')));
CREATE POLICY owner ON access_inbox TO {{owner}} USING (true);
GRANT INSERT ON access_inbox TO {{api}};

-- Says how many items a stream of the caller's sent in the end. Only once, and of nobody else's.
CREATE FUNCTION finish_access(ended uuid, sent bigint) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH finished AS (
        UPDATE access_inbox SET item_count = sent, stream = NULL
        WHERE stream = ended AND organisation = nullif(current_setting('aimesh.organisation', true), '') AND subject = nullif(current_setting('aimesh.user', true), '')
        RETURNING 1)
    SELECT EXISTS (SELECT FROM finished)
$$;
REVOKE ALL ON FUNCTION finish_access FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_access TO {{api}};

-- What was written before goes the same way.
ALTER TABLE access_log NO FORCE ROW LEVEL SECURITY;
INSERT INTO access_inbox (at, organisation, subject, token_id, dataset, dataset_id, action, item_count, rule)
SELECT at, organisation, subject, token_id, dataset, dataset_id, action, item_count, rule FROM access_log ORDER BY id;
DROP TABLE access_log;

-- All of it in one shape, for people with SQL.
CREATE VIEW access_log WITH (security_invoker = true) AS
    SELECT e.sequence AS id, (e.detail ->> 'at')::timestamptz AS at, e.organisation, coalesce(p.subject, e.actor) AS subject, e.detail ->> 'token' AS token_id,
        e.target AS dataset, (e.detail ->> 'dataset_id')::bigint AS dataset_id, substr(e.action, 6) AS action, (e.detail ->> 'items')::bigint AS item_count, e.detail ->> 'rule' AS rule
    FROM audit_events e LEFT JOIN audit_people p ON p.organisation = e.organisation AND p.alias = e.actor
    WHERE e.action LIKE 'data.%'
    UNION ALL
    SELECT i.id + 4611686018427387904, i.at, i.organisation, i.subject, i.token_id, i.dataset, i.dataset_id, i.action, i.item_count, i.rule FROM access_inbox i;
