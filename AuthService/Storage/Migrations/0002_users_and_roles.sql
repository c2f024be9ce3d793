create table roles (
    organisation text collate "C" not null references organisations,
    name         text collate "C" not null check (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
    description  text not null default '' check (char_length(description) <= 500),
    permissions  text[] not null check (cardinality(permissions) <= 200),
    built_in     boolean not null default false,
    primary key (organisation, name)
);

create table users (
    organisation  text collate "C" not null references organisations,
    id            text collate "C" not null,
    email         text not null check (char_length(email) <= 254),
    -- Case folded and in normal form C; unique in the whole mesh, because people sign in without naming an organisation.
    email_key     text collate "C" not null unique,
    display_name  text not null check (char_length(display_name) between 1 and 100),
    password_hash text not null,
    attributes    jsonb not null default '{}',
    disabled      boolean not null default false,
    -- Access tokens issued before this moment (whole seconds) are revoked.
    tokens_from   timestamptz not null default 'epoch',
    created_at    timestamptz not null default now(),
    primary key (organisation, id)
);
create index users_in_order on users (organisation, email_key);

create table user_roles (
    organisation text collate "C" not null,
    user_id      text collate "C" not null,
    role         text collate "C" not null,
    primary key (organisation, user_id, role),
    foreign key (organisation, user_id) references users on delete cascade,
    -- Restrict: a role that users hold can't be deleted.
    foreign key (organisation, role) references roles on delete restrict
);
create index user_roles_by_role on user_roles (organisation, role);

alter table roles enable row level security;
alter table roles force row level security;
create policy own_organisation on roles using (organisation = (select current_organisation()));
alter table users enable row level security;
alter table users force row level security;
create policy own_organisation on users using (organisation = (select current_organisation()));
alter table user_roles enable row level security;
alter table user_roles force row level security;
create policy own_organisation on user_roles using (organisation = (select current_organisation()));

-- Signing in happens before the organisation is known. This one function may look across organisations: given a whole
-- address it answers what checking the password takes, for that account alone.
create policy sign_in on users for select to {{owner}} using (true);

create function find_account(address_key text)
    returns table (organisation text, user_id text, password_hash text, disabled boolean)
    language sql stable security definer set search_path = public, pg_temp
    as $$ select u.organisation, u.id, u.password_hash, u.disabled from users u where u.email_key = address_key $$;
revoke all on function find_account(text) from public;

grant select, insert, delete, update (description, permissions) on roles to {{api}};
grant select, insert, update (display_name, password_hash, attributes, disabled, tokens_from) on users to {{api}};
grant select, insert, delete on user_roles to {{api}};
grant execute on function find_account(text) to {{api}};
