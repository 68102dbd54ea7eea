-- The audit trail: who changed what that needs a right, by which key, what it was and what it is, and why.
--
-- Written in the transaction of the change, never changed afterwards but for two things: an entry that was undone says by
-- which (undone_by), and a wiped account takes its names along. Keys, addresses and prompts do not stand here.

CREATE TABLE audit_entry (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at   timestamptz NOT NULL DEFAULT now(),
    via          text NOT NULL CHECK (via IN ('api', 'command_line', 'horde')),
    actor_id     integer,            -- the account that did it; NULL: the machine's command line, or the horde itself
    key_id       bigint,             -- by which of its keys (api_key.id)
    action       text NOT NULL CHECK (length(action) BETWEEN 3 AND 60),   -- 'account.change', 'filter.delete' …
    subject_kind text NOT NULL CHECK (length(subject_kind) BETWEEN 1 AND 30),
    subject_id   text NOT NULL CHECK (length(subject_id) <= 300),
    concerns     integer,            -- the account that may read it as its own
    old_value    jsonb NOT NULL DEFAULT '{}',   -- what changed, before …
    new_value    jsonb NOT NULL DEFAULT '{}',   -- … and after
    reason       text CHECK (length(reason) <= 500),
    undone_by    bigint REFERENCES audit_entry (id)
);
CREATE INDEX audit_entry_by_subject ON audit_entry (subject_kind, subject_id, id);
CREATE INDEX audit_entry_by_concern ON audit_entry (concerns, id) WHERE concerns IS NOT NULL;
CREATE INDEX audit_entry_by_actor ON audit_entry (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_entry_by_action ON audit_entry (action, id);
