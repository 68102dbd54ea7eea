-- Which model an account has chosen with AUTOMATIC1111's options (gateway-sdapi.md §3.1); one that was not used for 30 days is
-- forgotten.
CREATE TABLE sdapi_choice (
    account_id int PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    checkpoint text        NOT NULL,
    chosen_at  timestamptz NOT NULL DEFAULT now()
);
