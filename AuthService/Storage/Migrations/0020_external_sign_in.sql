-- Identity providers through which an organisation's people sign in. The client secret lies under an envelope of its own.
create table identity_providers (
    organisation       text collate "C" not null references organisations,
    name               text collate "C" not null check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
    display_name       text not null check (char_length(display_name) between 1 and 100),
    issuer             text collate "C" not null check (char_length(issuer) <= 256),
    client_id          text collate "C" not null check (char_length(client_id) between 1 and 256),
    sealed_secret      bytea not null,
    sealed_data_key    bytea not null,
    master_key_version text not null,
    scopes             text[] not null check (cardinality(scopes) <= 20),
    default_role       text collate "C",
    creates_users      boolean not null,
    reads_user_info    boolean not null,
    disabled           boolean not null,
    created_at         timestamptz not null default clock_timestamp(),
    primary key (organisation, name),
    -- Restrict: a role that somebody may get can't be deleted.
    foreign key (organisation, default_role) references roles on delete restrict
);

create table identity_provider_roles (
    organisation text collate "C" not null,
    provider     text collate "C" not null,
    position     integer not null,
    claim        text collate "C" not null,
    value        text collate "C" not null,
    role         text collate "C" not null,
    primary key (organisation, provider, position),
    foreign key (organisation, provider) references identity_providers on delete cascade,
    foreign key (organisation, role) references roles on delete restrict
);

-- Who somebody at a provider is here. By issuer, not by the provider's name: pointing a name at another issuer gives that one nobody.
create table external_accounts (
    organisation text collate "C" not null,
    issuer       text collate "C" not null,
    subject      text collate "C" not null check (char_length(subject) between 1 and 255),
    user_id      text collate "C" not null,
    created_at   timestamptz not null default clock_timestamp(),
    primary key (organisation, issuer, subject),
    foreign key (organisation, user_id) references users on delete cascade
);
create index external_accounts_of_user on external_accounts (organisation, user_id);

alter table identity_providers enable row level security;
alter table identity_providers force row level security;
create policy own_organisation on identity_providers using (organisation = (select current_organisation()));
alter table identity_provider_roles enable row level security;
alter table identity_provider_roles force row level security;
create policy own_organisation on identity_provider_roles using (organisation = (select current_organisation()));
alter table external_accounts enable row level security;
alter table external_accounts force row level security;
create policy own_organisation on external_accounts using (organisation = (select current_organisation()));

-- States and codes are sealed and carry what they are about; only that they were used is kept, until they would have expired. Of hashes
-- only, so without row-level security.
create table spent_sign_ins (
    hash       bytea primary key check (octet_length(hash) = 32),
    expires_at timestamptz not null
);
create index spent_sign_ins_by_expiry on spent_sign_ins (expires_at);

grant select, insert, delete, update (
    display_name, issuer, client_id, sealed_secret, sealed_data_key, master_key_version, scopes, default_role, creates_users, reads_user_info, disabled
) on identity_providers to {{api}};
grant select, insert, delete on identity_provider_roles, external_accounts, spent_sign_ins to {{api}};
