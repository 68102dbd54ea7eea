-- What a key may be limited to, what it spent, and shared keys: keys that an account hands out to others.
--
-- Nodes of the release before know an account's key by account.api_key_hash only. They know no limits: so the hash of a key
-- that is limited or revoked is taken out of that column, and means nothing to them. Taking it out no longer revokes the
-- key itself, as the trigger of migration 0014 did: whoever revokes a key says so in api_key.

ALTER TABLE api_key
    ADD COLUMN shared_id         uuid UNIQUE,     -- of a shared key: it is the key itself, and what its owner knows it by
    ADD COLUMN old_hash          bytea UNIQUE,    -- the key before it was rotated …
    ADD COLUMN old_hash_until    timestamptz,     -- … is good until then
    ADD COLUMN last_used_at      timestamptz,     -- to the minute
    ADD COLUMN models            text[],          -- that may be asked for by it; NULL: all
    ADD COLUMN networks          text[],          -- from which it may be used; NULL: all
    ADD COLUMN budget_hundredths bigint CHECK (budget_hundredths >= 0),   -- all it may ever spend; NULL: no limit
    ADD COLUMN daily_hundredths  bigint CHECK (daily_hundredths >= 0),    -- what it may spend on a day (UTC)
    ADD COLUMN spent_hundredths  bigint NOT NULL DEFAULT 0,               -- as far as it is folded (kudos/fold_store.py) …
    ADD COLUMN spent_on          date,                                    -- … the last day it spent anything, and
    ADD COLUMN spent_today_hundredths bigint NOT NULL DEFAULT 0,          -- what it spent on that day
    -- of shared keys: what one request may be at most; NULL: no limit, 0: none of that kind
    ADD COLUMN max_image_pixels  integer CHECK (max_image_pixels >= 0),
    ADD COLUMN max_image_steps   integer CHECK (max_image_steps >= 0),
    ADD COLUMN max_text_tokens   integer CHECK (max_text_tokens >= 0),
    ADD COLUMN for_styles        boolean NOT NULL DEFAULT false,          -- some style has it: it pays for that alone
    DROP CONSTRAINT api_key_name_check,
    ADD CONSTRAINT api_key_name_check CHECK (length(name) BETWEEN 1 AND 255);

-- the keys that may be good: revoked ones are kept a while, and there may be many
CREATE INDEX api_key_live ON api_key (account_id) WHERE revoked_at IS NULL;

ALTER TABLE request
    ADD COLUMN key_id             bigint,     -- by which key it was asked for; NULL: by everybody's
    ADD COLUMN key_job_hundredths bigint;     -- of a key with a budget: what each job charges at most

-- what a key's open requests may still charge (kudos/key_budget_store.py)
CREATE INDEX request_held_of_key ON request (key_id)
    WHERE key_job_hundredths IS NOT NULL AND (waiting > 0 OR processing > 0);

-- whose budget a movement is charged to; of movements away from who asked. Both tables in one order: the fold copies rows
ALTER TABLE ledger_inbox ADD COLUMN key_id bigint;
ALTER TABLE ledger_entry ADD COLUMN key_id bigint;

-- kudos may be given to a shared key: its owner gets them, and its budget grows
ALTER TABLE kudos_transfer ADD COLUMN shared_key_id bigint;

CREATE OR REPLACE FUNCTION take_over_api_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.api_key_hash IS NULL OR NEW.api_key_hash IS NOT DISTINCT FROM OLD.api_key_hash THEN
            RETURN NULL;
        END IF;
        UPDATE api_key SET revoked_at = now() WHERE hash = OLD.api_key_hash AND revoked_at IS NULL;
    END IF;
    IF NEW.api_key_hash IS NOT NULL THEN
        INSERT INTO api_key (account_id, hash) VALUES (NEW.id, NEW.api_key_hash) ON CONFLICT (hash) DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
