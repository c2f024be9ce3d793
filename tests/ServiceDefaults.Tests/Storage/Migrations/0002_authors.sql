CREATE FUNCTION known(name text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN name <> '';  -- a semicolon inside of a body
END $$;
CREATE TABLE authors (name text PRIMARY KEY CHECK (known(name)));
GRANT SELECT ON authors TO {{api}};
