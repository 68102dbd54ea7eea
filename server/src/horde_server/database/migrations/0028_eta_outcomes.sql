-- How well it was foretold when requests would be done, counted by day (UTC), so that nobody who asks makes the horde look
-- at its history. Kept for eight days; a few hundred rows a day at most.
CREATE TABLE eta_outcome (
    day         date     NOT NULL,
    kind        text     NOT NULL,
    wait        smallint NOT NULL,   -- class of the plain estimate: requests/reasons/outcomes.py
    ratio       smallint NOT NULL,   -- bucket of the real wait by the plain estimate
    requests    bigint   NOT NULL,
    within_p50  bigint   NOT NULL,
    within_p90  bigint   NOT NULL,
    off_octaves double precision NOT NULL,   -- sum of how far off the middle estimate was, in powers of two
    PRIMARY KEY (day, kind, wait, ratio)
);
