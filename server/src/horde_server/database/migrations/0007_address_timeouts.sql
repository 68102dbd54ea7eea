-- Addresses, and blocks of them, that may neither ask nor serve for a while (alchemy-and-operations.md §3.4).

CREATE TABLE address_timeout (
    network   cidr PRIMARY KEY,
    ends_at   timestamptz NOT NULL,
    strikes   integer NOT NULL DEFAULT 0 CHECK (strikes >= 0),   -- refused prompts in a row, forgotten after a day
    struck_at timestamptz,
    CHECK ((strikes = 0) = (struck_at IS NULL))
);
