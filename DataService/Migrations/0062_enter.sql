-- The first command of every request. As assignments, the settings are expressions that need no query of their own; four of them took longer than many a read.
CREATE OR REPLACE FUNCTION enter(organisation text, subject text, roles text, attributes text, dataset bigint, expected_version bigint, writes boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    setting text;
BEGIN
    setting := set_config('aimesh.organisation', organisation, true);
    setting := set_config('aimesh.user', subject, true);
    setting := set_config('aimesh.roles', roles, true);
    setting := set_config('aimesh.attributes', attributes, true);
    IF dataset = 0 THEN
        RETURN;
    ELSIF writes THEN
        -- A redefinition holds this lock alone, so it never overlaps a write that was checked against the old definition.
        PERFORM pg_advisory_xact_lock_shared(dataset);
    ELSE
        -- A read writes one row of the access log; waiting for the disk would cost more than the read.
        setting := set_config('synchronous_commit', 'off', true);
    END IF;
    IF (SELECT d.version FROM datasets d WHERE d.id = dataset) IS DISTINCT FROM expected_version THEN
        RAISE EXCEPTION 'the definition of the dataset has changed' USING ERRCODE = 'AM001';
    END IF;
END $$;
