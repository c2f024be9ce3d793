-- Exports and erasures of people (A10): operations that survive the process which began them.

-- What seals the addresses in somebody's audit records. The chain never changes; when this key goes, the addresses are gone.
create table person_keys (
    organisation text collate "C" not null,
    user_id      text collate "C" not null,
    key          bytea not null check (octet_length(key) = 32),
    primary key (organisation, user_id),
    foreign key (organisation, user_id) references users on delete cascade
);

create table privacy_operations (
    -- 256 random bits: whoever knows it may ask for the receipt.
    id             text collate "C" primary key check (length(id) = 43),
    organisation   text collate "C" not null references organisations,
    kind           text collate "C" not null check (kind in ('export', 'erasure')),
    -- SHA-256 of salt and user id: tells that an operation is about somebody who is known already, and names nobody.
    subject_salt   bytea not null check (octet_length(subject_salt) = 16),
    subject_hash   bytea not null check (octet_length(subject_hash) = 32),
    -- Id, address, name and roles under the master key; null when an erasure is done.
    subject        bytea,
    key_version    text not null,
    -- Stands for the person in what stays; of erasures.
    pseudonym      text,
    -- Hidden fields stay out of it; of exports.
    visible_only   boolean not null default false,
    requested_by   text collate "C" not null,
    created_at     timestamptz not null default clock_timestamp(),
    due_at         timestamptz not null,
    done_at        timestamptz,
    expires_at     timestamptz, -- of a finished export
    receipt        text
);
create index privacy_operations_due on privacy_operations (due_at) where done_at is null;
create index privacy_operations_of_organisation on privacy_operations (organisation, kind);

create table privacy_steps (
    organisation    text collate "C" not null,
    operation       text collate "C" not null references privacy_operations on delete cascade,
    service         text collate "C" not null,
    failed_attempts integer not null default 0,
    problem         text not null default '',
    done_at         timestamptz,
    stores          jsonb not null default '[]', -- of erasures: store, erased, pseudonymised
    primary key (operation, service)
);

-- The archive of an export, sealed piece by piece under the master key.
create table privacy_sections (
    organisation text collate "C" not null,
    operation    text collate "C" not null,
    service      text collate "C" not null,
    number       integer not null,
    name         text collate "C" not null,
    bytes        bigint not null default 0,
    records      bigint not null default 0,
    sha256       bytea,
    primary key (operation, service, number),
    foreign key (operation, service) references privacy_steps on delete cascade
);

create table privacy_pieces (
    organisation text collate "C" not null,
    operation    text collate "C" not null,
    service      text collate "C" not null,
    section      integer not null,
    number       integer not null,
    sealed       bytea not null,
    primary key (operation, service, section, number),
    foreign key (operation, service, section) references privacy_sections on delete cascade
);

-- Public keys that ever signed a receipt. Signing keys are retired and deleted; receipts are verified for as long as somebody keeps one.
create table receipt_keys (
    id            text collate "C" primary key,
    public_key    bytea not null, -- SubjectPublicKeyInfo
    first_used_at timestamptz not null default clock_timestamp()
);

-- What erasures did, by request: nothing in here tells of whom.
create table erasures (
    request_id    text collate "C" not null,
    store         text collate "C" not null,
    erased        bigint not null,
    pseudonymised bigint not null,
    primary key (request_id, store)
);

do $$
declare
    name text;
begin
    foreach name in array array['person_keys', 'privacy_operations', 'privacy_steps', 'privacy_sections', 'privacy_pieces'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_organisation on %I using (organisation = (select current_organisation()))', name);
    end loop;
end $$;

-- What was written before there was a chain is erased like anything else.
create policy erase_select on audit_events_before_chain for select to {{owner}} using (organisation = (select current_organisation()));
create policy erase_update on audit_events_before_chain for update to {{owner}} using (organisation = (select current_organisation()));

create policy operations_of_all on privacy_operations for select to {{owner}} using (true);
create policy expired_of_all on privacy_operations for delete to {{owner}} using (true);

-- Which operations are to be worked on now, of every organisation.
create function due_privacy_operations(at_most integer)
    returns table (organisation text, id text, kind text)
    language sql stable security definer set search_path = public, pg_temp
    as $$
        select o.organisation, o.id, o.kind from privacy_operations o
        where o.done_at is null and o.due_at <= clock_timestamp() order by o.due_at limit at_most
    $$;
revoke all on function due_privacy_operations(integer) from public;

-- Whose an erasure is: its id stands for the right to ask.
create function find_erasure(erasure text) returns text
    language sql stable security definer set search_path = public, pg_temp
    as $$ select o.organisation from privacy_operations o where o.id = erasure and o.kind = 'erasure' $$;
revoke all on function find_erasure(text) from public;

-- Archives whose time is up, of every organisation.
create function delete_expired_exports() returns bigint
    language sql security definer set search_path = public, pg_temp
    as $$ with gone as (delete from privacy_operations where expires_at < clock_timestamp() returning 1) select count(*) from gone $$;
revoke all on function delete_expired_exports() from public;

grant select, insert on person_keys to {{api}};
grant select, insert, update (subject, due_at, done_at, expires_at, receipt) on privacy_operations to {{api}};
grant select, insert, update (failed_attempts, problem, done_at, stores) on privacy_steps to {{api}};
grant select, insert, delete, update (bytes, records, sha256) on privacy_sections to {{api}};
grant select, insert on privacy_pieces to {{api}};
grant select, insert on receipt_keys to {{api}};
grant execute on function due_privacy_operations(integer), find_erasure(text), delete_expired_exports() to {{api}};
