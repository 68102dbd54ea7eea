-- Moderation that holds: bans of workers, reports of results, reasons of pauses; what the lists of moderators go by.

-- A worker that was deleted does not come back by another id: by its owner, its name (as names are compared), or the network
-- it popped from. A ban that was lifted, or is over, is kept: who was banned before is worth knowing.
CREATE TABLE ban (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  integer REFERENCES account (id),
    worker_name text CHECK (length(worker_name) BETWEEN 1 AND 300),
    network     cidr,
    reason      text CHECK (length(reason) <= 500),   -- told to who is banned
    made_by     integer,                              -- an account; NULL: the machine's command line
    created_at  timestamptz NOT NULL DEFAULT now(),
    ends_at     timestamptz,                          -- NULL: for good
    lifted_at   timestamptz,
    CHECK (num_nonnulls(account_id, worker_name, network) = 1)
);
-- One ban of each at a time; whether it is over only a clock knows, so a new one replaces one that is.
CREATE UNIQUE INDEX ban_of_account ON ban (account_id) WHERE lifted_at IS NULL AND account_id IS NOT NULL;
CREATE UNIQUE INDEX ban_of_name ON ban (worker_name) WHERE lifted_at IS NULL AND worker_name IS NOT NULL;
CREATE UNIQUE INDEX ban_of_network ON ban (network) WHERE lifted_at IS NULL AND network IS NOT NULL;
CREATE INDEX ban_in_force ON ban (id) WHERE lifted_at IS NULL;

-- A time-out has a number, by which entries of the audit trail name it, as addresses never stand there; one that was lifted
-- is kept for a day, so that lifting it can be undone.
ALTER TABLE address_timeout ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY;
ALTER TABLE address_timeout ADD COLUMN lifted_at timestamptz;
CREATE UNIQUE INDEX address_timeout_by_id ON address_timeout (id);

-- Why a moderator paused a worker, for its owner; what moderators remember of it, for moderators.
ALTER TABLE worker ADD COLUMN paused_reason text CHECK (length(paused_reason) <= 500);
ALTER TABLE worker ADD COLUMN moderators_note text CHECK (length(moderators_note) <= 1000);
CREATE INDEX worker_suspected ON worker (id) WHERE suspicions <> '{}';
CREATE INDEX account_suspected ON account (id) WHERE suspicions <> '{}';

-- What users say of results. Job and request go within the hour, so what is needed of them stands here; the reporter is a
-- keyed hash of a household, by which reports are counted and nobody is found.
CREATE TABLE result_report (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at   timestamptz NOT NULL DEFAULT now(),
    reporter     bytea NOT NULL,
    kind         text NOT NULL,
    request_id   uuid NOT NULL,
    job_id       uuid NOT NULL,
    model        text NOT NULL,
    worker_id    uuid NOT NULL,
    owner_id     integer NOT NULL,
    requester_id integer NOT NULL,
    reason       text NOT NULL CHECK (reason IN ('illegal', 'censored', 'unrelated', 'broken', 'other')),
    words        text CHECK (length(words) <= 1000),
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'upheld', 'rejected')),
    decided_at   timestamptz,
    decided_by   integer,
    UNIQUE (job_id, reporter),
    CHECK ((state = 'open') = (decided_at IS NULL))
);
CREATE INDEX result_report_by_state ON result_report (state, id);
CREATE INDEX result_report_by_worker ON result_report (worker_id, id);
CREATE INDEX result_report_by_reporter ON result_report (reporter, created_at);
CREATE INDEX result_report_by_age ON result_report (created_at);

CREATE INDEX audit_entry_by_time ON audit_entry (created_at);
