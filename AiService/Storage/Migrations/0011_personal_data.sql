-- Erasure of people (A10). A call may still be under way when its caller is erased: its ledger row then takes the subject that the call has
-- by that time. The lock makes settling and erasing wait for each other.
create function take_subject_of_call() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    begin
        select c.subject into new.subject from calls c where c.id = new.call_id and c.organisation = new.organisation for share;
        return new;
    end $$;
create trigger take_subject_of_call before insert on ledger for each row execute function take_subject_of_call();

create function forget_hashes_of_erased() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    begin
        if exists (select from calls c where c.id = new.call_id and c.subject like 'erased-%' for share) then
            new.prompt_sha256 := null;
            new.answer_sha256 := null;
        end if;
        return new;
    end $$;
create trigger forget_hashes_of_erased before insert on audit for each row execute function forget_hashes_of_erased();

create index calls_of_subject on calls (organisation, subject);
create index ledger_of_subject on ledger (organisation, subject);

-- What erasures did, by request: nothing in here tells of whom.
create table erasures (
    request_id    text collate "C" not null,
    store         text collate "C" not null,
    erased        bigint not null,
    pseudonymised bigint not null,
    primary key (request_id, store)
);
