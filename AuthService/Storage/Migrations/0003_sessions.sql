-- A session is a family of refresh tokens, each the successor of the one before.
create table sessions (
    organisation   text collate "C" not null,
    id             text collate "C" not null,
    user_id        text collate "C" not null,
    created_at     timestamptz not null,
    last_issued_at timestamptz not null,
    expires_at     timestamptz not null,
    ended_at       timestamptz,
    end_reason     text check (end_reason in ('logout', 'reuse', 'disabled')),
    primary key (organisation, id),
    foreign key (organisation, user_id) references users on delete cascade
);
create index sessions_of_user on sessions (organisation, user_id);
create index sessions_by_expiry on sessions (expires_at);

create table refresh_tokens (
    hash         bytea primary key check (octet_length(hash) = 32), -- SHA-256 of the token
    organisation text collate "C" not null,
    session_id   text collate "C" not null,
    expires_at   timestamptz not null,
    spent_at     timestamptz,
    -- The successor, readable only with the spent token itself.
    successor    bytea,
    foreign key (organisation, session_id) references sessions on delete cascade,
    check ((spent_at is null) = (successor is null))
);
create index refresh_tokens_of_session on refresh_tokens (organisation, session_id);

alter table sessions enable row level security;
alter table sessions force row level security;
create policy own_organisation on sessions using (organisation = (select current_organisation()));
alter table refresh_tokens enable row level security;
alter table refresh_tokens force row level security;
create policy own_organisation on refresh_tokens using (organisation = (select current_organisation()));

-- Who holds a refresh token says by it to which organisation it belongs.
create policy refresh on refresh_tokens for select to {{owner}} using (true);
create policy housekeeping on sessions for select to {{owner}} using (true);
create policy housekeeping_delete on sessions for delete to {{owner}} using (true);

create function find_refresh_token(token_hash bytea)
    returns table (organisation text, session_id text, user_id text)
    language sql stable security definer set search_path = public, pg_temp
    as $$
        select s.organisation, s.id, s.user_id
        from refresh_tokens t join sessions s on s.organisation = t.organisation and s.id = t.session_id
        where t.hash = token_hash
    $$;
revoke all on function find_refresh_token(bytea) from public;

-- Of every organisation; an ended session is kept for a day, so that a replayed token is still recognised as one.
create function delete_expired_sessions() returns bigint
    language sql security definer set search_path = public, pg_temp
    as $$
        with gone as (
            delete from sessions where expires_at < now() or ended_at < now() - interval '1 day' returning 1)
        select count(*) from gone
    $$;
revoke all on function delete_expired_sessions() from public;

grant select, insert, update (last_issued_at, ended_at, end_reason) on sessions to {{api}};
grant select, insert, update (spent_at, successor) on refresh_tokens to {{api}};
grant execute on function find_refresh_token(bytea), delete_expired_sessions() to {{api}};
