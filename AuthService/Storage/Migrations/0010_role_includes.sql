-- A role may include others: whoever holds it holds those as well. The service keeps this free of cycles.
create table role_includes (
    organisation text collate "C" not null,
    role         text collate "C" not null,
    included     text collate "C" not null,
    primary key (organisation, role, included),
    check (role <> included),
    foreign key (organisation, role) references roles on delete cascade,
    -- Restrict: a role that others include can't be deleted.
    foreign key (organisation, included) references roles on delete restrict
);
create index role_includes_by_included on role_includes (organisation, included);

alter table role_includes enable row level security;
alter table role_includes force row level security;
create policy own_organisation on role_includes using (organisation = (select current_organisation()));

-- Some roles with all that they include. "union" forgets what was seen already, so that this ends whatever the table holds.
create function roles_with_included(of_organisation text, names text[]) returns setof text
    language sql stable
    as $$
        with recursive held as (
            select unnest(names) collate "C" as role
            union
            select i.included from held h join role_includes i on i.organisation = of_organisation and i.role = h.role)
        select role from held
    $$;

-- A role with all that include it, directly or not.
create function roles_including(of_organisation text, name text) returns setof text
    language sql stable
    as $$
        with recursive holders as (
            select name collate "C" as role
            union
            select i.role from holders h join role_includes i on i.organisation = of_organisation and i.included = h.role)
        select role from holders
    $$;

revoke all on function roles_with_included(text, text[]), roles_including(text, text) from public;
grant select, insert, delete on role_includes to {{api}};
grant execute on function roles_with_included(text, text[]), roles_including(text, text) to {{api}};
