-- A batch holds requests of many organisations, so what it writes beside readings goes through functions with the owner's rights.
-- They write, and give back nothing that the caller did not put in.

-- Answers of the last day, by which a request that comes again is known (T3).
CREATE TABLE ingest_requests (
    device integer NOT NULL,
    request_id text NOT NULL,
    answer bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (device, request_id)
);
CREATE INDEX ingest_requests_by_age ON ingest_requests USING brin (created_at);

-- Takes the requests that are new. Gives back the position (from 1) and the first answer of those that are not. A request that is
-- being written by another process is waited for. The order of insertion keeps two batches from waiting for each other.
CREATE FUNCTION claim_requests(devices integer[], request_ids text[], answers bytea[])
RETURNS TABLE (place integer, earlier bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    claimed text[];
BEGIN
    WITH taken AS (
        INSERT INTO ingest_requests AS known (device, request_id, answer)
        SELECT wanted.device, wanted.request_id, wanted.answer
        FROM unnest(devices, request_ids, answers) AS wanted (device, request_id, answer)
        ORDER BY wanted.device, wanted.request_id
        ON CONFLICT (device, request_id) DO UPDATE SET answer = EXCLUDED.answer, created_at = now()
            WHERE known.created_at <= now() - interval '1 day'
        RETURNING known.device, known.request_id)
    SELECT array_agg(taken.device || '/' || taken.request_id) INTO claimed FROM taken;

    -- A statement of its own: only a new snapshot sees what the other process has just committed.
    RETURN QUERY
        SELECT wanted.place::integer, known.answer
        FROM unnest(devices, request_ids) WITH ORDINALITY AS wanted (device, request_id, place)
        JOIN ingest_requests AS known USING (device, request_id)
        WHERE claimed IS NULL OR wanted.device || '/' || wanted.request_id <> ALL (claimed);
END $$;
REVOKE ALL ON FUNCTION claim_requests FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_requests TO {{api}};

-- What was refused, with the reason (T3).
CREATE TABLE dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation text NOT NULL,
    device text NOT NULL,
    source text NOT NULL CHECK (source IN ('rpc', 'mqtt', 'demo')),
    reason text NOT NULL,
    -- The refused part of the payload, cut off at some length.
    payload text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_letters_by_organisation ON dead_letters (organisation, id);
CREATE INDEX dead_letters_by_age ON dead_letters USING brin (received_at);

ALTER TABLE dead_letters ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation_reads ON dead_letters FOR SELECT TO {{api}}
    USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
CREATE POLICY batch_writes ON dead_letters FOR INSERT TO {{api}} WITH CHECK (true);
GRANT SELECT, INSERT ON dead_letters TO {{api}};

-- Locked in order of number first, so that two batches never wait for each other.
CREATE FUNCTION touch_devices(numbers integer[], seen timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM devices WHERE number = ANY (numbers) ORDER BY number FOR NO KEY UPDATE;
    UPDATE devices SET last_seen_at = seen WHERE number = ANY (numbers) AND (last_seen_at IS NULL OR last_seen_at < seen);
END $$;
REVOKE ALL ON FUNCTION touch_devices FROM PUBLIC;
GRANT EXECUTE ON FUNCTION touch_devices TO {{api}};

-- Deletes what has outlived its purpose, so many rows of each at most; gives back how many went.
CREATE FUNCTION purge_expired(at_most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    requests bigint;
    letters bigint;
BEGIN
    DELETE FROM ingest_requests WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ingest_requests WHERE created_at <= now() - interval '1 day' LIMIT at_most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS requests = ROW_COUNT;
    DELETE FROM dead_letters WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM dead_letters WHERE received_at <= now() - interval '14 days' LIMIT at_most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS letters = ROW_COUNT;
    RETURN requests + letters;
END $$;
REVOKE ALL ON FUNCTION purge_expired FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_expired TO {{api}};
