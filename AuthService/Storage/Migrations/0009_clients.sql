-- Confidential OAuth clients. The id is public and unique in the whole mesh, because clients sign in without naming an
-- organisation; of the secret only the SHA-256 is kept.
create table clients (
    organisation text collate "C" not null references organisations,
    id           text collate "C" not null unique check (id ~ '^amc_[0-9a-f]{32}$'),
    display_name text not null check (char_length(display_name) between 1 and 100),
    secret_hash  bytea not null check (octet_length(secret_hash) = 32),
    scopes       text[] not null default '{}' check (cardinality(scopes) <= 50), -- empty: all that the roles grant
    -- Access tokens issued before this moment (whole seconds) are revoked.
    tokens_from  timestamptz not null default 'epoch',
    last_used_at timestamptz, -- to the minute
    revoked_at   timestamptz,
    created_at   timestamptz not null default clock_timestamp(),
    primary key (organisation, id)
);

create table client_roles (
    organisation text collate "C" not null,
    client_id    text collate "C" not null,
    role         text collate "C" not null,
    primary key (organisation, client_id, role),
    foreign key (organisation, client_id) references clients on delete cascade,
    -- Restrict: a role that clients hold can't be deleted.
    foreign key (organisation, role) references roles on delete restrict
);
create index client_roles_by_role on client_roles (organisation, role);

alter table clients enable row level security;
alter table clients force row level security;
create policy own_organisation on clients using (organisation = (select current_organisation()));
alter table client_roles enable row level security;
alter table client_roles force row level security;
create policy own_organisation on client_roles using (organisation = (select current_organisation()));

create policy sign_in on clients for select to {{owner}} using (true);

create function find_client(client_id text)
    returns table (organisation text, secret_hash bytea)
    language sql stable security definer set search_path = public, pg_temp
    as $$ select c.organisation, c.secret_hash from clients c where c.id = client_id $$;
revoke all on function find_client(text) from public;

grant select, insert, update (tokens_from, last_used_at, revoked_at) on clients to {{api}};
grant select, insert, delete on client_roles to {{api}};
grant execute on function find_client(text) to {{api}};
