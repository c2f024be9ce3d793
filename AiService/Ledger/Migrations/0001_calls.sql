-- One row for each call of a model: ledger and audit in one, so that neither can lack what the other has. Written before the provider is
-- called, settled once when the call ends, and never changed after that.
CREATE TABLE calls (
    id uuid PRIMARY KEY,
    organisation text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    operation text NOT NULL CHECK (operation IN ('ask', 'chat')),
    started_at timestamptz NOT NULL,
    prompt_sha256 bytea NOT NULL CHECK (length(prompt_sha256) = 32),
    outcome text NOT NULL DEFAULT 'PENDING',
    model text NOT NULL DEFAULT '',
    answer_sha256 bytea CHECK (length(answer_sha256) = 32),
    input_tokens bigint NOT NULL DEFAULT 0 CHECK (input_tokens >= 0),
    cached_input_tokens bigint NOT NULL DEFAULT 0 CHECK (cached_input_tokens >= 0),
    output_tokens bigint NOT NULL DEFAULT 0 CHECK (output_tokens >= 0),
    reasoning_tokens bigint NOT NULL DEFAULT 0 CHECK (reasoning_tokens >= 0),
    -- US dollars. Twelve places hold the price of one token of the cheapest model exactly.
    cost numeric(24, 12) NOT NULL DEFAULT 0 CHECK (cost >= 0),
    duration_ms bigint NOT NULL DEFAULT 0,
    attempts text[] NOT NULL DEFAULT '{}',
    guards text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX calls_by_time ON calls (organisation, started_at DESC, id DESC);
CREATE INDEX calls_pending ON calls (started_at) WHERE outcome = 'PENDING';

ALTER TABLE calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls FORCE ROW LEVEL SECURITY;
CREATE POLICY read_own ON calls FOR SELECT USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));
CREATE POLICY insert_own ON calls FOR INSERT WITH CHECK (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')) AND outcome = 'PENDING');
CREATE POLICY settle_own ON calls FOR UPDATE
    USING (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')) AND outcome = 'PENDING')
    WITH CHECK (organisation = (SELECT nullif(current_setting('aimesh.organisation', true), '')));

GRANT SELECT, INSERT ON calls TO {{api}};
GRANT UPDATE (outcome, model, answer_sha256, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost, duration_ms, attempts, guards) ON calls TO {{api}};

-- Calls whose process died: nobody is left to settle them. Their cost is unknown, which the outcome says. The function runs as the
-- owner, whom one more policy lets see pending calls of every organisation.
CREATE POLICY sweep ON calls TO {{owner}} USING (outcome = 'PENDING') WITH CHECK (outcome = 'LOST');
CREATE FUNCTION settle_lost_calls(older_than timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH settled AS (UPDATE calls SET outcome = 'LOST' WHERE outcome = 'PENDING' AND started_at < older_than RETURNING 1)
    SELECT count(*) FROM settled
$$;
REVOKE EXECUTE ON FUNCTION settle_lost_calls FROM PUBLIC;
GRANT EXECUTE ON FUNCTION settle_lost_calls TO {{api}};
