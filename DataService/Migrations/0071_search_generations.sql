-- A dataset that is searched no more and then again (D9) gets another index, whose revisions begin behind all that a former one of it had: copies of that in memory are
-- ahead of nothing then, and begin anew. They would have gone on answering by texts that items do not have any more.
CREATE SEQUENCE search_generations;

-- As before, but for the first revision.
CREATE OR REPLACE FUNCTION search_define(items regclass, owner_organisation text, name_of_dataset text, id_of_dataset bigint, wanted text[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    has_items boolean;
    is_new boolean := NOT EXISTS (SELECT FROM search_indexes WHERE dataset_id = id_of_dataset);
    beginning bigint;
BEGIN
    IF wanted = '{}' THEN
        IF NOT is_new THEN
            PERFORM search_forget(id_of_dataset);
            EXECUTE format('DROP TRIGGER queue_inserts ON %s; DROP TRIGGER queue_updates ON %s; DROP TRIGGER queue_deletes ON %s', items, items, items);
        END IF;
    ELSIF is_new THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', items) INTO has_items;
        beginning := nextval('search_generations') << 40;
        INSERT INTO search_indexes (dataset_id, organisation, dataset, fields, ready, rebuilt_to, revision, trimmed)
        VALUES (id_of_dataset, owner_organisation, name_of_dataset, wanted, CASE WHEN has_items THEN '{}' ELSE wanted END, CASE WHEN has_items THEN '' END, beginning, beginning);
        EXECUTE format('CREATE TRIGGER queue_inserts AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION queue_search(%L, %L)', items, owner_organisation, id_of_dataset);
        EXECUTE format('CREATE TRIGGER queue_updates AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION queue_search(%L, %L)', items, owner_organisation, id_of_dataset);
        EXECUTE format('CREATE TRIGGER queue_deletes AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION queue_search(%L, %L)', items, owner_organisation, id_of_dataset);
    ELSE
        UPDATE search_indexes SET fields = wanted, ready = ARRAY(SELECT name FROM unnest(ready) AS name WHERE name = ANY (wanted)), rebuilt_to = ''
        WHERE dataset_id = id_of_dataset AND NOT (fields @> wanted AND fields <@ wanted);
    END IF;
END $$;
