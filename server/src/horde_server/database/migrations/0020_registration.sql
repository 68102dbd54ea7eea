-- New users by themselves: registrations, approvals, invitations, sign-in by other services.
--
-- Additive: nodes of the release before make accounts without naming approved_at, which approves them.

ALTER TABLE account ADD COLUMN approved_at timestamptz DEFAULT now();   -- NULL: a moderator has yet to approve it

CREATE TABLE invitation (
    id             uuid PRIMARY KEY,
    code_hash      bytea NOT NULL UNIQUE,        -- SHA-256 of ("invitation" + the secret 'api_key_salt' + code)
    made_by        integer REFERENCES account (id),   -- NULL: the command line
    created_at     timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL,
    revoked_at     timestamptz,
    uses           integer NOT NULL CHECK (uses BETWEEN 1 AND 10000),
    used           integer NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND uses),
    note           text CHECK (length(note) <= 200),
    roles          text[] NOT NULL DEFAULT '{}',   -- columns of account that become true
    kudos          bigint NOT NULL DEFAULT 0 CHECK (kudos >= 0),
    concurrency    integer CHECK (concurrency BETWEEN 0 AND 500),
    worker_invited integer NOT NULL DEFAULT 0 CHECK (worker_invited >= 0)
);
CREATE INDEX invitation_by_age ON invitation (created_at);
CREATE INDEX invitation_by_end ON invitation (expires_at);

-- How an account came. The addresses are keyed hashes, for the limits of a day, and are emptied after it.
CREATE TABLE registration (
    account_id    integer PRIMARY KEY REFERENCES account (id),
    created_at    timestamptz NOT NULL DEFAULT now(),
    way           text NOT NULL CHECK (length(way) BETWEEN 1 AND 30),   -- 'pseudonymous', or the name of a provider
    invitation_id uuid,                            -- no foreign key: invitations are forgotten earlier
    household     bytea,
    site          bytea,
    waits         boolean NOT NULL DEFAULT false,  -- for a moderator; neither approved nor refused yet
    refused_at    timestamptz
);
CREATE INDEX registration_waiting ON registration (account_id) WHERE waits;
CREATE INDEX registration_by_household ON registration (household, created_at) WHERE household IS NOT NULL;
CREATE INDEX registration_by_site ON registration (site, created_at) WHERE site IS NOT NULL;
CREATE INDEX registration_with_address ON registration (created_at) WHERE household IS NOT NULL OR site IS NOT NULL;

-- A sign-in that a provider vouched for, until the program that began it takes its key. One row a sign-in: what comes
-- again with the same state finds it here.
CREATE TABLE sign_in (
    state_hash bytea PRIMARY KEY,
    code_hash  bytea NOT NULL UNIQUE,
    account_id integer NOT NULL REFERENCES account (id),
    provider   text NOT NULL,
    is_new     boolean NOT NULL,
    challenge  text,                               -- S256 of what only that program knows
    created_at timestamptz NOT NULL DEFAULT now(),
    taken_at   timestamptz
);
CREATE INDEX sign_in_by_age ON sign_in (created_at);
