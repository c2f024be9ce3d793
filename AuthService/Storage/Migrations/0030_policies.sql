-- Access policies as administrators write them.
create table policies (
    organisation text collate "C" not null references organisations,
    name         text collate "C" not null check (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
    description  text not null default '' check (char_length(description) <= 500),
    effect       smallint not null check (effect between 1 and 2), -- aimesh.auth.v1.Policy.Effect
    permissions  text[] not null check (cardinality(permissions) between 1 and 20),
    roles        text[] not null check (cardinality(roles) <= 20),
    condition    text not null check (char_length(condition) <= 4000),
    time_zone    text not null,
    disabled     boolean not null,
    version      bigint not null default 1,
    created_at   timestamptz not null default clock_timestamp(),
    updated_at   timestamptz not null default clock_timestamp(),
    primary key (organisation, name)
);

alter table policies enable row level security;
alter table policies force row level security;
create policy own_organisation on policies using (organisation = (select current_organisation()));

-- What services read: all policies in force of an organisation, as one document, with the number of its last change.
create table policy_sets (
    organisation text collate "C" primary key references organisations,
    sequence     bigint not null unique,
    policies     text not null
);

alter table policy_sets enable row level security;
alter table policy_sets force row level security;
create policy feed on policy_sets to {{owner}} using (true);

create table policy_head (
    sequence bigint not null
);
insert into policy_head values (0);

-- As for revocations, the head's row lock makes numbers visible in their order, so that no reader misses one.
create function publish_policies(documents text) returns bigint
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    declare
        number bigint;
    begin
        update policy_head set sequence = sequence + 1 returning sequence into number;
        insert into policy_sets values (current_organisation(), number, documents)
            on conflict (organisation) do update set sequence = excluded.sequence, policies = excluded.policies;
        return number;
    end $$;
revoke all on function publish_policies(text) from public;

-- Sets that changed after a number, oldest change first: as many as fit into max_bytes, but at least one. Always one row at least, for the head.
create function policies_after(after bigint, max_bytes bigint)
    returns table (head bigint, more boolean, organisation text, sequence bigint, policies text)
    language sql stable security definer set search_path = public, pg_temp
    as $$
        with changed as (
            select s.*, sum(octet_length(s.policies)) over (order by s.sequence) - octet_length(s.policies) as before
            from (select * from policy_sets where policy_sets.sequence > after order by policy_sets.sequence limit 10000) s)
        select h.sequence, coalesce((select max(p.sequence) from policy_sets p) > max(c.sequence) over (), false), c.organisation, c.sequence, c.policies
        from policy_head h left join changed c on c.before < max_bytes
        order by c.sequence
    $$;
revoke all on function policies_after(bigint, bigint) from public;

grant select, insert, delete, update (description, effect, permissions, roles, condition, time_zone, disabled, version, updated_at) on policies to {{api}};
grant execute on function publish_policies(text), policies_after(bigint, bigint) to {{api}};
