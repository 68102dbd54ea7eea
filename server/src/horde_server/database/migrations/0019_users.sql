-- Users: deletion in two steps, the order in which they are listed, passkeys of services, switches of the horde.
--
-- Nodes of the release before run beside new ones in an update: they know none of these tables, so triggers do what they
-- do not.

ALTER TABLE account
    ADD COLUMN deleted_at timestamptz,   -- when it was marked for deletion, the last time
    ADD COLUMN wiped_at   timestamptz;   -- when its name, keys, addresses and pictures went; from then on nobody finds it
UPDATE account SET deleted_at = now() WHERE deleted;
CREATE INDEX account_to_wipe ON account (deleted_at) WHERE deleted AND wiped_at IS NULL;

-- Users in the order of their kudos: one row each, wiped ones less. The fold copies balances here, so that those of
-- ledger_balance stay in no index; a list walks this one and sorts nothing.
CREATE TABLE account_rank (
    account_id         integer PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    balance_hundredths bigint NOT NULL DEFAULT 0
);
CREATE INDEX account_rank_by_balance ON account_rank (balance_hundredths, account_id);

CREATE FUNCTION rank_new_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO account_rank (account_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
-- first, as it lets nobody write accounts until this is committed: so none is missed
CREATE TRIGGER account_rank AFTER INSERT ON account FOR EACH ROW EXECUTE FUNCTION rank_new_account();
INSERT INTO account_rank (account_id, balance_hundredths)
    SELECT account.id, coalesce(balance_hundredths, 0)
    FROM account LEFT JOIN ledger_balance ON ledger_account = 2 * account.id;

-- By which a service's own servers say for whom they ask (Proxy-Authorization). Only the hash is kept. What a node of the
-- release before writes into account.proxy_passkey is hashed on its way and never stands there.
CREATE TABLE proxy_passkey (
    account_id integer PRIMARY KEY REFERENCES account (id),
    hash       bytea NOT NULL UNIQUE,   -- SHA-256 of (api_key_salt + passkey)
    made_at    timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION take_over_proxy_passkey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO proxy_passkey (account_id, hash)
        SELECT NEW.id, sha256(value || convert_to(NEW.proxy_passkey, 'UTF8'))
        FROM horde_secret WHERE name = 'api_key_salt'
        ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash, made_at = now();
    NEW.proxy_passkey := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER account_proxy_passkey BEFORE UPDATE OF proxy_passkey ON account
    FOR EACH ROW WHEN (NEW.proxy_passkey IS NOT NULL) EXECUTE FUNCTION take_over_proxy_passkey();
UPDATE account SET proxy_passkey = proxy_passkey WHERE proxy_passkey IS NOT NULL;

-- What the operator turns on and off while the horde runs. A switch without a row stands as it does in a new horde.
CREATE TABLE horde_switch (
    name  text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 40),   -- 'anonymous'
    is_on boolean NOT NULL
);

-- Whose refused prompts lie where in the store of evidence, so that they go with the account.
CREATE TABLE prompt_evidence (
    key        text PRIMARY KEY,
    account_id integer NOT NULL REFERENCES account (id),
    kept_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX prompt_evidence_by_account ON prompt_evidence (account_id);
