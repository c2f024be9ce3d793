CREATE TABLE alerts (
    id uuid PRIMARY KEY,
    organisation text NOT NULL,
    series integer NOT NULL REFERENCES series (id),
    device text NOT NULL,
    metric text NOT NULL,
    -- 1 warning, 2 critical
    severity smallint NOT NULL,
    start_time timestamptz NOT NULL,
    last_time timestamptz NOT NULL,
    count bigint NOT NULL,
    -- Of the most unusual reading.
    score double precision NOT NULL,
    value double precision NOT NULL,
    expected_low double precision NOT NULL,
    expected_high double precision NOT NULL,
    acknowledged_by text,
    acknowledged_at timestamptz,
    closed_at timestamptz
);
-- At most one a series is open; what is anomalous meanwhile joins it.
CREATE UNIQUE INDEX alerts_open ON alerts (series) WHERE closed_at IS NULL;
CREATE INDEX alerts_newest_first ON alerts (organisation, start_time DESC, id DESC);

ALTER TABLE alerts ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation_only ON alerts TO {{api}}
    USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
GRANT SELECT, UPDATE (acknowledged_by, acknowledged_at) ON alerts TO {{api}};

-- Applies what a batch found, in order; every array has one element a change. A change with anomalous readings joins the open alert of
-- its series or becomes a new one; one with a closing time closes it. Gives back the alerts as they are now.
CREATE FUNCTION apply_alert_changes(
    ids uuid[], series_ids integer[], severities smallint[], start_times timestamptz[], last_times timestamptz[], counts bigint[],
    scores double precision[], vals double precision[], lows double precision[], highs double precision[], closing_times timestamptz[])
RETURNS SETOF alerts
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    change record;
    written uuid;
    touched uuid[] := '{}';
BEGIN
    FOR change IN
        SELECT * FROM unnest(ids, series_ids, severities, start_times, last_times, counts, scores, vals, lows, highs, closing_times)
            WITH ORDINALITY AS wanted
            (id, series, severity, start_time, last_time, count, score, value, expected_low, expected_high, closed_at, place)
        ORDER BY place
    LOOP
        INSERT INTO alerts AS known
            (id, organisation, series, device, metric, severity, start_time, last_time, count, score, value, expected_low, expected_high)
        SELECT change.id, devices.organisation, series.id, devices.id, series.metric, change.severity, change.start_time, change.last_time,
            change.count, change.score, change.value, change.expected_low, change.expected_high
        FROM series JOIN devices ON devices.number = series.device
        WHERE series.id = change.series AND change.count > 0
        ON CONFLICT (series) WHERE closed_at IS NULL DO UPDATE SET
            severity = greatest(known.severity, EXCLUDED.severity),
            last_time = greatest(known.last_time, EXCLUDED.last_time),
            count = known.count + EXCLUDED.count,
            score = greatest(known.score, EXCLUDED.score),
            value = CASE WHEN EXCLUDED.score > known.score THEN EXCLUDED.value ELSE known.value END,
            expected_low = CASE WHEN EXCLUDED.score > known.score THEN EXCLUDED.expected_low ELSE known.expected_low END,
            expected_high = CASE WHEN EXCLUDED.score > known.score THEN EXCLUDED.expected_high ELSE known.expected_high END
        RETURNING known.id INTO written;
        IF change.closed_at IS NOT NULL THEN
            UPDATE alerts SET closed_at = change.closed_at WHERE series = change.series AND alerts.closed_at IS NULL
            RETURNING alerts.id INTO written;
        END IF;
        touched := touched || written;
    END LOOP;
    RETURN QUERY SELECT * FROM alerts WHERE alerts.id = ANY (touched);
END $$;
REVOKE ALL ON FUNCTION apply_alert_changes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apply_alert_changes TO {{api}};

-- What the detector remembers of a series, saved now and then; the readings after `through` bring it up to date.
CREATE TABLE detector_states (
    series integer PRIMARY KEY REFERENCES series (id),
    organisation integer NOT NULL,
    through timestamptz NOT NULL,
    state bytea NOT NULL
) WITH (fillfactor = 80);

ALTER TABLE detector_states ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation_only ON detector_states FOR SELECT TO {{api}}
    USING (organisation = (SELECT key FROM organisations WHERE id = nullif(current_setting('aimesh.organisation', true), '')));
GRANT SELECT ON detector_states TO {{api}};

CREATE FUNCTION save_detector_states(ids integer[], times timestamptz[], states bytea[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO detector_states AS known (series, organisation, through, state)
    SELECT series.id, series.organisation, saved.through, saved.state
    FROM unnest(ids, times, states) AS saved (id, through, state) JOIN series USING (id)
    ORDER BY series.id
    ON CONFLICT (series) DO UPDATE SET through = EXCLUDED.through, state = EXCLUDED.state WHERE known.through < EXCLUDED.through;
$$;
REVOKE ALL ON FUNCTION save_detector_states FROM PUBLIC;
GRANT EXECUTE ON FUNCTION save_detector_states TO {{api}};
