-- One metric of one device. Readings carry its number instead of three texts: half the size on disk, a third of the index.
CREATE TABLE series (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation integer NOT NULL REFERENCES organisations (key),
    device integer NOT NULL REFERENCES devices (number),
    metric text NOT NULL CHECK (metric ~ '^[A-Za-z0-9_./-]{1,63}$'),
    UNIQUE (device, metric)
);

ALTER TABLE series ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation_only ON series TO {{api}}
    USING (organisation = (SELECT key FROM organisations WHERE id = nullif(current_setting('aimesh.organisation', true), '')));
GRANT SELECT, INSERT ON series TO {{api}};

-- Wide columns first, so that nothing is padded. No primary key: it would more than double the cost of a row.
CREATE TABLE readings (
    time timestamptz NOT NULL,
    value double precision NOT NULL,
    organisation integer NOT NULL,
    series integer NOT NULL,
    -- True or NULL: a NULL takes no room, and hardly any reading is anomalous.
    anomalous boolean
) PARTITION BY RANGE (time);

CREATE INDEX readings_by_series ON readings (series, time DESC);

-- Read through this table, where the policy holds; written straight into the day's partition, on which {{api}} may insert and
-- nothing else. (PostgreSQL refuses COPY FROM on a table with policies, and a batch holds readings of many organisations.)
ALTER TABLE readings ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation_only ON readings FOR SELECT TO {{api}}
    USING (organisation = (SELECT key FROM organisations WHERE id = nullif(current_setting('aimesh.organisation', true), '')));
GRANT SELECT ON readings TO {{api}};

-- Creates the partition of a UTC day, once, however many processes ask. Attached rather than created in place: attaching does not
-- lock out those who read and write other days.
CREATE FUNCTION ensure_readings_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    partition text := 'readings_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF day IS NULL OR day < today - 40 OR day > today + 10 THEN
        RAISE EXCEPTION 'no partition is made for %', day;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('ensure_readings_partition', 0));
    IF to_regclass('public.' || partition) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.readings)', partition);
    EXECUTE format('ALTER TABLE public.readings ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        partition, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
    EXECUTE format('GRANT INSERT ON public.%I TO {{api}}', partition);
END $$;
REVOKE ALL ON FUNCTION ensure_readings_partition FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_readings_partition TO {{api}};
