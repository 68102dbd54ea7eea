-- Images that their requesters share: kept for good, beside their metadata, in a store of their own.

CREATE TABLE shared_image (
    id         uuid PRIMARY KEY,              -- of the job that made it
    account_id integer NOT NULL REFERENCES account (id),   -- who asked for it, and may take it back
    state      text NOT NULL DEFAULT 'copying' CHECK (state IN ('copying', 'shared')),
    created_at timestamptz NOT NULL DEFAULT now(),
    metadata   json,                          -- while it is being copied; then it lies beside the image
    CHECK ((state = 'copying') = (metadata IS NOT NULL))
);
CREATE INDEX shared_image_on_its_way ON shared_image (created_at) WHERE state = 'copying';
