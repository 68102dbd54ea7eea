-- Teams of workers, messages to workers, and what a horde tells about itself: news and documents.

CREATE TABLE team (
    id         uuid PRIMARY KEY,
    name       text NOT NULL CHECK (length(name) BETWEEN 3 AND 100),
    info       text CHECK (length(info) <= 1000),
    account_id integer NOT NULL REFERENCES account (id),   -- who made it
    created_at timestamptz NOT NULL DEFAULT now(),
    -- written by the fold alone, of what its workers earned while they were in it
    fulfilments      bigint NOT NULL DEFAULT 0,
    pixelsteps       double precision NOT NULL DEFAULT 0,  -- of images
    kudos_hundredths bigint NOT NULL DEFAULT 0,            -- for jobs
    uptime_s         bigint NOT NULL DEFAULT 0             -- ten minutes for each reward of uptime
);
CREATE UNIQUE INDEX team_name ON team (lower(normalize(name, NFKC)));   -- once in every case and width
CREATE INDEX team_by_kudos ON team (kudos_hundredths DESC, id);
CREATE INDEX team_by_account ON team (account_id);

ALTER TABLE worker ADD COLUMN team_id uuid REFERENCES team (id) ON DELETE SET NULL;
CREATE INDEX worker_by_team ON worker (team_id, last_check_in_at DESC) WHERE team_id IS NOT NULL;

-- The team of the worker when it earned: who changes teams takes nothing along. Both tables have their columns in one
-- order, as the fold moves whole rows.
ALTER TABLE ledger_inbox ADD COLUMN team_id uuid;
ALTER TABLE ledger_entry ADD COLUMN team_id uuid;
CREATE OR REPLACE VIEW ledger AS SELECT * FROM ledger_entry UNION ALL SELECT * FROM ledger_inbox;

-- What is told to workers with their pops, until it expires.
CREATE TABLE worker_message (
    id         uuid PRIMARY KEY,
    account_id integer NOT NULL REFERENCES account (id),   -- who wrote it
    audience   text NOT NULL CHECK (audience IN ('all', 'kind', 'workers')),
    kind       text REFERENCES kind (name),                -- of the workers that are meant
    origin     text NOT NULL CHECK (length(origin) BETWEEN 1 AND 255),
    message    text NOT NULL CHECK (length(message) BETWEEN 1 AND 10240),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CHECK ((audience = 'kind') = (kind IS NOT NULL))
);
CREATE INDEX worker_message_by_author ON worker_message (account_id, created_at DESC);
CREATE INDEX worker_message_by_age ON worker_message (created_at DESC);
CREATE INDEX worker_message_to_many ON worker_message (created_at DESC) WHERE audience <> 'workers';
CREATE INDEX worker_message_by_expiry ON worker_message (expires_at);

CREATE TABLE worker_message_addressee (
    message_id uuid NOT NULL REFERENCES worker_message (id) ON DELETE CASCADE,
    worker_id  uuid NOT NULL,   -- no foreign key: what was told to a worker that is no more harms nobody, and expires
    PRIMARY KEY (message_id, worker_id)
);
CREATE INDEX worker_message_addressee_by_worker ON worker_message_addressee (worker_id);

-- News and documents, as Markdown. Beside them there may be files, and for documents there are built-in ones.
CREATE TABLE news (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    published_on date NOT NULL DEFAULT current_date,
    title        text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    body         text NOT NULL CHECK (length(body) BETWEEN 1 AND 10000),
    importance   text NOT NULL DEFAULT 'Information',
    tags         text[] NOT NULL DEFAULT '{}',
    urls         text[] NOT NULL DEFAULT '{}',
    account_id   integer REFERENCES account (id)           -- NULL: the command line
);
CREATE INDEX news_by_date ON news (published_on DESC, id DESC);

CREATE TABLE document (
    name       text PRIMARY KEY CHECK (name IN ('terms', 'privacy', 'sponsors')),
    body       text NOT NULL CHECK (length(body) BETWEEN 1 AND 200000),
    changed_at timestamptz NOT NULL DEFAULT now(),
    account_id integer REFERENCES account (id)             -- NULL: the command line
);
