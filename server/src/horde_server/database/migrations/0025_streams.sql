-- Streams: what workers tell while they work is kept nowhere, but for two things.

-- How much of a job was streamed when its request was cancelled, from 0 to 1: so much of it is paid.
ALTER TABLE job ADD COLUMN streamed_share real CHECK (streamed_share BETWEEN 0 AND 1);

-- The beginning of a text that was shown to who asked before its worker was lost: the next one goes on with it. It goes with
-- its request. `job_id` is the job that was lost with it, `taken_by` the one that goes on.
CREATE TABLE resumption (
    job_id     uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES request (id) ON DELETE CASCADE,
    text       text NOT NULL,
    taken_by   uuid REFERENCES job (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX resumption_by_request ON resumption (request_id);
CREATE UNIQUE INDEX resumption_taken_by ON resumption (taken_by) WHERE taken_by IS NOT NULL;
