-- Managing a horde: its modes, and the kudos that users give each other.

CREATE TABLE horde_modes (
    is_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_only_row),
    maintenance boolean NOT NULL DEFAULT false,   -- no new requests
    invite_only boolean NOT NULL DEFAULT false,   -- no new workers but by invitation
    raid        boolean NOT NULL DEFAULT false    -- stricter with strangers
);
INSERT INTO horde_modes DEFAULT VALUES;

-- Who gave whom what: the ledger has the kudos, this what the rules of giving look back at.
CREATE TABLE kudos_transfer (
    event_id        uuid PRIMARY KEY,             -- of its movement in the ledger
    created_at      timestamptz NOT NULL DEFAULT now(),
    source_id       integer NOT NULL REFERENCES account (id),
    target_id       integer NOT NULL REFERENCES account (id),
    amount          bigint NOT NULL CHECK (amount > 0),
    idempotency_key text CHECK (length(idempotency_key) <= 255),
    UNIQUE (source_id, idempotency_key),
    CHECK (source_id <> target_id)
);
CREATE INDEX kudos_transfer_by_pair ON kudos_transfer (source_id, target_id, created_at);
