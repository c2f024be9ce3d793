-- Export and erasure of people (A10) run as the owner of the database, within one organisation (the policy "tenant" holds for the owner
-- as well). Whose rows those are is no matter of the row rules.
DO $$
DECLARE
    item_table text;
BEGIN
    FOR item_table IN SELECT tablename FROM pg_tables WHERE schemaname = 'items' LOOP
        EXECUTE format('CREATE POLICY owner ON items.%I TO {{owner}} USING (true)', item_table);
    END LOOP;
END $$;

CREATE POLICY owner ON access_log TO {{owner}} USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
CREATE INDEX access_log_by_subject ON access_log (organisation, subject);

-- What erasures did, by request: nothing in here tells of whom.
create table erasures (
    request_id    text collate "C" not null,
    store         text collate "C" not null,
    erased        bigint not null,
    pseudonymised bigint not null,
    primary key (request_id, store)
);
