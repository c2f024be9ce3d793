-- Every statement names the organisation in its text, and row-level security asks for it again: a request says once per
-- transaction for whom it acts (set_config('aimesh.organisation', …, true)); without that nothing is visible.
create function current_organisation() returns text
    language sql stable
    as $$ select nullif(current_setting('aimesh.organisation', true), '') $$;

create table organisations (
    id           text collate "C" primary key check (id ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(id) <= 63),
    display_name text not null check (char_length(display_name) between 1 and 100),
    tier         smallint not null default 1 check (tier between 1 and 4), -- aimesh.common.v1.Tier
    created_at   timestamptz not null default now()
);

alter table organisations enable row level security;
alter table organisations force row level security;
create policy own_organisation on organisations using (id = (select current_organisation()));

grant select, insert, update (display_name) on organisations to {{api}};
