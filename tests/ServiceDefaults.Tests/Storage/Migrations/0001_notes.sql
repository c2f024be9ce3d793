-- A table under row-level security, as services have them.
CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, author text NOT NULL, text text NOT NULL);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON notes USING (author = (SELECT nullif(current_setting('app.user', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO {{api}};
