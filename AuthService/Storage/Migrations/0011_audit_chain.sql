-- Security-relevant acts, one record each, written in the transaction of the act and chained by hashes within the organisation
-- (AiMesh.ServiceDefaults.Audit). Requests can add records and read those of their organisation; nobody but the owner of the database can
-- change or remove one, and the chain tells that it was done. What was written before there was a chain is kept as it is.
alter table audit_events rename to audit_events_before_chain;
alter index audit_events_of_organisation rename to audit_events_before_chain_of_organisation;
revoke insert on audit_events_before_chain from {{api}};

create table audit_events (
    organisation  text collate "C" not null, -- empty: not known, as when an unknown account fails to sign in
    sequence      bigint not null check (sequence > 0),
    at            timestamptz not null,
    actor         text collate "C", -- id of a user or client; null: nobody signed in
    action        text not null,
    target        text,
    address       text,
    trace_id      text,
    detail        jsonb not null default '{}',
    previous_hash bytea not null check (octet_length(previous_hash) = 32),
    hash          bytea not null check (octet_length(hash) = 32),
    primary key (organisation, sequence)
);

alter table audit_events enable row level security;
alter table audit_events force row level security;
create policy own_organisation on audit_events using (organisation = coalesce((select current_organisation()), ''));
create policy verify on audit_events for select to {{owner}} using (true);

-- How far each chain had come, sealed under a key that this database does not know. Of hashes only, so without row-level security.
create table audit_checkpoints (
    organisation       text collate "C" not null,
    sequence           bigint not null,
    hash               bytea not null,
    master_key_version text not null,
    seal               bytea not null, -- HMAC-SHA256
    at                 timestamptz not null default clock_timestamp(),
    primary key (organisation, sequence)
);

-- The heads of all chains that grew since their last checkpoint.
create function audit_heads_without_checkpoint()
    returns table (organisation text, sequence bigint, hash bytea)
    language sql stable security definer set search_path = public, pg_temp
    as $$
        with recursive chains as (
            (select e.organisation from audit_events e order by e.organisation limit 1)
            union all
            select (select e.organisation from audit_events e where e.organisation > c.organisation order by e.organisation limit 1)
            from chains c where c.organisation is not null)
        select h.organisation, h.sequence, h.hash
        from chains c
        cross join lateral (
            select e.organisation, e.sequence, e.hash from audit_events e where e.organisation = c.organisation order by e.sequence desc limit 1) h
        where not exists (select 1 from audit_checkpoints p where p.organisation = h.organisation and p.sequence >= h.sequence)
    $$;
revoke all on function audit_heads_without_checkpoint() from public;

grant select, insert on audit_events, audit_checkpoints to {{api}};
grant execute on function audit_heads_without_checkpoint() to {{api}};
