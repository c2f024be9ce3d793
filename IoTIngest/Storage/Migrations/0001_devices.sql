-- Requests come as {{api}} and see their own organisation only: it stands in the text of every query, and again in the policies here.
-- The setting is read in a sub-select so that it is evaluated once a query, not once a row.

-- What AuthService calls an organisation, with a short key for the tables that have a row a reading.
CREATE TABLE organisations (
    key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE CHECK (id ~ '^[a-z0-9-]{1,63}$')
);

CREATE TABLE devices (
    -- Short key for the same purpose.
    number integer GENERATED ALWAYS AS IDENTITY UNIQUE,
    organisation text NOT NULL REFERENCES organisations (id),
    id text NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    display_name text NOT NULL,
    device_type text NOT NULL,
    metadata jsonb NOT NULL,
    groups text[] NOT NULL,
    credential_id text NOT NULL,
    -- SHA-256 of the whole credential, which holds 256 random bits: there is nothing to guess, so nothing to slow down.
    credential_hash bytea NOT NULL CHECK (length(credential_hash) = 32),
    revoked_at timestamptz,
    last_seen_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation, id),
    UNIQUE (organisation, credential_id)
) WITH (fillfactor = 80); -- last_seen_at changes often; room on the page keeps those updates off the indexes

ALTER TABLE organisations ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation_only ON organisations TO {{api}}
    USING (id = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
GRANT SELECT, INSERT ON organisations TO {{api}};

ALTER TABLE devices ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation_only ON devices TO {{api}}
    USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
GRANT SELECT, INSERT ON devices TO {{api}};
GRANT UPDATE (display_name, device_type, metadata, groups, credential_id, credential_hash, revoked_at) ON devices TO {{api}};

-- Every process learns of a revoked or rotated credential when the change commits, whoever made it.
CREATE FUNCTION announce_device_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('device_changed', NEW.organisation || '/' || NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER device_changed AFTER UPDATE OF credential_id, credential_hash, revoked_at ON devices
    FOR EACH ROW EXECUTE FUNCTION announce_device_change();
