-- Counts failures by hashes of account and address, whether or not the account exists.
create table sign_in_failures (
    key           bytea primary key check (octet_length(key) = 32),
    failures      integer not null,
    last_at       timestamptz not null,
    blocked_until timestamptz
);
create index sign_in_failures_by_age on sign_in_failures (last_at);

-- From the threshold on every failure doubles the pause, up to the longest. Without a failure for a while counting begins anew.
create function record_sign_in_failure(failed_key bytea, threshold integer, pause interval, longest interval, memory interval)
    returns void
    language sql
    as $$
        insert into sign_in_failures as f (key, failures, last_at, blocked_until)
        values (failed_key, 1, now(), case when threshold <= 1 then now() + pause end)
        on conflict (key) do update set
            failures = case when f.last_at < now() - memory then 1 else f.failures + 1 end,
            last_at = now(),
            blocked_until = case
                when f.last_at < now() - memory then case when threshold <= 1 then now() + pause end
                when f.failures + 1 >= threshold then now() + least(longest, pause * (2 ^ least(f.failures + 1 - threshold, 20)))
            end
    $$;
revoke all on function record_sign_in_failure(bytea, integer, interval, interval, interval) from public;

grant select, insert, update, delete on sign_in_failures to {{api}};
grant execute on function record_sign_in_failure(bytea, integer, interval, interval, interval) to {{api}};
