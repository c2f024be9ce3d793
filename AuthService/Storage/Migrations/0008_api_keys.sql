-- Keys for programs, each acting for the user who created it. The prefix is public and finds the key; of the secret only the
-- SHA-256 is kept, which is enough for 256 random bits.
create table api_keys (
    organisation        text collate "C" not null,
    id                  text collate "C" not null,
    user_id             text collate "C" not null,
    display_name        text not null check (char_length(display_name) between 1 and 100),
    prefix              text collate "C" not null unique,
    secret_hash         bytea not null check (octet_length(secret_hash) = 32),
    scopes              text[] not null check (cardinality(scopes) between 1 and 50),
    requests_per_minute integer not null default 0 check (requests_per_minute between 0 and 1000000),
    expires_at          timestamptz,
    last_used_at        timestamptz, -- to the minute
    revoked_at          timestamptz,
    created_at          timestamptz not null default clock_timestamp(),
    primary key (organisation, id),
    foreign key (organisation, user_id) references users on delete cascade
);
create index api_keys_of_user on api_keys (organisation, user_id, id);

alter table api_keys enable row level security;
alter table api_keys force row level security;
create policy own_organisation on api_keys using (organisation = (select current_organisation()));

-- Who holds a key says by it to which organisation it belongs.
create policy exchange on api_keys for select to {{owner}} using (true);

create function find_api_key(key_prefix text)
    returns table (organisation text, id text, user_id text, secret_hash bytea)
    language sql stable security definer set search_path = public, pg_temp
    as $$ select k.organisation, k.id, k.user_id, k.secret_hash from api_keys k where k.prefix = key_prefix $$;
revoke all on function find_api_key(text) from public;

grant select, insert, update (last_used_at, revoked_at) on api_keys to {{api}};
grant execute on function find_api_key(text) to {{api}};

-- People who work with data and AI do so with programs as well. The owner of the table is bound by its policies too.
alter table roles no force row level security;
update roles set permissions = array(select distinct p from unnest(permissions || '{auth:keys:read,auth:keys:write}'::text[]) as p order by p)
where built_in and name = 'member';
alter table roles force row level security;
