-- Readers of the event log that take events elsewhere (a broker). Each has a position of its own, which moves only when what is at or below it has arrived (D10).
CREATE TABLE event_sinks (
    name text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL,
    -- Events that were removed before they could be sent; the sink says so, and then takes them off.
    missed bigint NOT NULL DEFAULT 0,
    -- When a replica with such a sink last looked. A sink that nobody has any more holds nothing back.
    served_at timestamptz NOT NULL
);
ALTER TABLE event_sinks ENABLE ROW LEVEL SECURITY;

-- As before, and waits for sinks: what one has not sent yet stays beyond its age and the number of events, until more than max_waiting of them wait.
CREATE FUNCTION trim_events(max_age interval, max_count bigint, max_waiting bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    sent bigint;
    last bigint;
    removed bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('aimesh events trimmed', 0)) THEN
        RETURN 0;
    END IF;
    SELECT min(greatest(k.position, s.position - max_waiting)) INTO sent
    FROM event_sinks k, event_state s WHERE k.served_at >= clock_timestamp() - max_age;
    SELECT max(oldest.position) INTO last
    FROM (SELECT l.position, l.at FROM event_log l ORDER BY l.position LIMIT 5000) oldest, event_state s
    WHERE (oldest.at < clock_timestamp() - max_age OR oldest.position <= s.position - max_count) AND (sent IS NULL OR oldest.position <= sent);
    IF last IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE event_sinks k SET
        missed = k.missed + (SELECT count(*) FROM event_log l WHERE l.position > k.position AND l.position <= last),
        position = last
    WHERE k.position < last;
    WITH gone AS (DELETE FROM event_log l WHERE l.position <= last RETURNING event_id)
    DELETE FROM events e USING gone WHERE e.id = gone.event_id;
    GET DIAGNOSTICS removed = ROW_COUNT;
    UPDATE event_state SET trimmed = greatest(trimmed, last);
    RETURN removed;
END $$;
REVOKE ALL ON FUNCTION trim_events(interval, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trim_events(interval, bigint, bigint) TO {{api}};

-- What replicas of the former version call.
CREATE OR REPLACE FUNCTION trim_events(max_age interval, max_count bigint) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT trim_events(max_age, max_count, 10000000) $$;
