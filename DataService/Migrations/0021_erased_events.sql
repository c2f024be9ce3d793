-- An erasure empties the events of a person's rows and says that everything up to then is not kept any more, so that subscribers begin anew
-- instead of missing it (A10). Trimming must not take that back: "trimmed" only grows.
CREATE OR REPLACE FUNCTION trim_events(max_age interval, max_count bigint) RETURNS bigint
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
    UPDATE event_state SET trimmed = greatest(trimmed, last);
    RETURN removed;
END $$;
