-- Every statement names the organisation in its text, and row-level security asks for it again: a request says once per
-- transaction for whom it acts (set_config('aimesh.organisation', …, true)); without that nothing is visible.
create function current_organisation() returns text
    language sql stable
    as $$ select nullif(current_setting('aimesh.organisation', true), '') $$;

-- One row a call, written before any provider is asked: what was begun can't be forgotten.
create table calls (
    id           uuid primary key,
    organisation text collate "C" not null check (organisation <> ''),
    subject      text collate "C" not null,
    operation    text collate "C" not null check (operation in ('ask', 'chat')),
    started      timestamptz not null,
    -- Nothing of the call runs any longer than this; past it, a call without a ledger row is lost.
    expires      timestamptz not null check (expires > started),
    -- The most that it could cost with the candidates it had.
    reserved     numeric(24, 12) not null check (reserved >= 0),
    unique (organisation, id)
);

-- One row a call, written at its end, however it ended. The primary key is what makes it one.
create table ledger (
    call_id             uuid primary key,
    organisation        text collate "C" not null,
    subject             text collate "C" not null,
    started             timestamptz not null,
    -- "provider/model"; empty when no provider had begun to answer.
    model               text collate "C" not null,
    input_tokens        bigint not null check (input_tokens >= 0),
    output_tokens       bigint not null check (output_tokens >= 0),
    cached_input_tokens bigint not null check (cached_input_tokens between 0 and input_tokens),
    reasoning_tokens    bigint not null check (reasoning_tokens between 0 and output_tokens),
    -- The provider gave no count (the call was cut off): counted here by a rule of thumb.
    estimated           boolean not null,
    cost                numeric(24, 12) not null check (cost >= 0),
    currency            text collate "C" not null check (currency ~ '^[A-Z]{3}$'),
    settled             timestamptz not null default now(),
    foreign key (organisation, call_id) references calls (organisation, id)
);

-- What happened, for audits. Prompts and answers as hashes only.
create table audit (
    call_id       uuid primary key,
    organisation  text collate "C" not null,
    prompt_sha256 bytea check (length(prompt_sha256) = 32),
    answer_sha256 bytea check (length(answer_sha256) = 32),
    duration_ms   bigint not null check (duration_ms >= 0),
    outcome       text collate "C" not null,
    attempts      text[] not null,
    guards        text[] not null,
    foreign key (organisation, call_id) references calls (organisation, id)
);

create index ledger_by_time on ledger (organisation, started desc, call_id desc);
create index calls_by_expiry on calls (expires);

alter table calls enable row level security;
alter table calls force row level security;
alter table ledger enable row level security;
alter table ledger force row level security;
alter table audit enable row level security;
alter table audit force row level security;
create policy own_organisation on calls using (organisation = (select current_organisation()));
create policy own_organisation on ledger using (organisation = (select current_organisation()));
create policy own_organisation on audit using (organisation = (select current_organisation()));

-- Append-only: requests may write and read, never change or delete.
grant select, insert on calls, ledger, audit to {{api}};

-- Settling what a crashed process left behind concerns all organisations, so it is the owner's, through this one function.
create policy owner_settles on calls to {{owner}} using (true);
create policy owner_settles on ledger to {{owner}} using (true);
create policy owner_settles on audit to {{owner}} using (true);

create function settle_lost_calls(at timestamptz, in_currency text) returns integer
    language sql security definer set search_path = public, pg_temp
    as $$
        with lost as (
            select c.* from calls c
            where c.expires < at and not exists (select from ledger l where l.call_id = c.id)
            order by c.expires limit 1000
        ), settled as (
            insert into ledger (call_id, organisation, subject, started, model, input_tokens, output_tokens, cached_input_tokens,
                                reasoning_tokens, estimated, cost, currency)
            select id, organisation, subject, started, '', 0, 0, 0, 0, true, 0, in_currency from lost
            on conflict (call_id) do nothing
            returning call_id, organisation
        ), audited as (
            insert into audit (call_id, organisation, duration_ms, outcome, attempts, guards)
            select s.call_id, s.organisation, (extract(epoch from l.expires - l.started) * 1000)::bigint, 'LOST', '{}', '{}'
            from settled s join lost l on l.id = s.call_id
            on conflict (call_id) do nothing
        )
        select count(*)::integer from settled
    $$;
revoke execute on function settle_lost_calls(timestamptz, text) from public;
grant execute on function settle_lost_calls(timestamptz, text) to {{api}};
