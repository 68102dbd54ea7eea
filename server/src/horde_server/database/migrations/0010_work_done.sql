-- What was delivered lately, by the second: so that nobody who asks how the horde is doing makes it sum up its ledger.
-- Written by the fold (kudos/fold.py), which also forgets what is older than two minutes.

CREATE TABLE work_done (
    second timestamptz NOT NULL,
    domain text NOT NULL,
    things double precision NOT NULL,   -- pixelsteps or tokens
    PRIMARY KEY (second, domain)
);
