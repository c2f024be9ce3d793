-- What GET /.well-known/revoked tells everybody: hashes only, so without organisation.
create table revocations (
    sequence      bigint primary key,
    id            text collate "C" not null,
    issued_before timestamptz, -- of subjects only; null: whenever issued
    expires_at    timestamptz not null
);
create index revocations_by_expiry on revocations (expires_at);

create table revocation_head (
    sequence bigint not null
);
insert into revocation_head values (0);

-- Readers ask for what came after the last number they saw. The head's row lock makes numbers visible in their order: with an
-- ordinary sequence a number could become visible after a higher one was read already, and would then be missed.
create function revoke(token_id text, before timestamptz, until timestamptz) returns bigint
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    declare
        number bigint;
    begin
        update revocation_head set sequence = sequence + 1 returning sequence into number;
        insert into revocations values (number, token_id, before, until);
        return number;
    end $$;
revoke all on function revoke(text, timestamptz, timestamptz) from public;

create function delete_expired_revocations() returns bigint
    language sql security definer set search_path = public, pg_temp
    as $$ with gone as (delete from revocations where expires_at < now() returning 1) select count(*) from gone $$;
revoke all on function delete_expired_revocations() from public;

grant select on revocations, revocation_head to {{api}};
grant execute on function revoke(text, timestamptz, timestamptz), delete_expired_revocations() to {{api}};
