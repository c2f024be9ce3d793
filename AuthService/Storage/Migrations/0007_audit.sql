-- Security-relevant acts, one row each, written in the transaction of the act. Requests can add rows, and neither read, change
-- nor remove any.
create table audit_events (
    sequence     bigint generated always as identity primary key,
    at           timestamptz not null default clock_timestamp(),
    organisation text collate "C", -- null: not known, as when an unknown account fails to sign in
    actor        text collate "C", -- a user's id; null: nobody signed in
    action       text not null,
    target       text,
    address      text,
    trace_id     text,
    detail       jsonb not null default '{}'
);
create index audit_events_of_organisation on audit_events (organisation, sequence);

alter table audit_events enable row level security;
alter table audit_events force row level security;
create policy own_organisation on audit_events for insert
    with check (organisation is null or organisation = (select current_organisation()));

grant insert on audit_events to {{api}};
