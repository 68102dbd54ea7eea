-- Calls of dialects that carry an Idempotency-Key: which request one has made. Of who asked only a hash is kept.
CREATE TABLE gateway_call (
    key_hash bytea PRIMARY KEY,
    body_hash bytea NOT NULL,
    request_id uuid, -- null while the first call is still asking
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX gateway_call_made ON gateway_call (made_at);
