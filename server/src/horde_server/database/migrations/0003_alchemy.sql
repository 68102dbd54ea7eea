-- Alchemy: an interrogation is one picture and some forms; each form is a request of one job, so that all that holds for
-- requests holds for it. What the forms share stands here.

CREATE TABLE interrogation (
    id         uuid PRIMARY KEY,
    account_id integer NOT NULL,
    address    text,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL   -- pushed by every hand-out and delivery of one of its forms; those never expire alone
);
CREATE INDEX interrogation_by_expiry ON interrogation (expires_at);

ALTER TABLE request
    ADD COLUMN interrogation_id uuid REFERENCES interrogation (id) ON DELETE CASCADE,
    ADD CHECK ((kind = 'interrogation') = (interrogation_id IS NOT NULL));
CREATE INDEX request_by_interrogation ON request (interrogation_id) WHERE interrogation_id IS NOT NULL;
