-- The horde's heart beats: any node renews this one row every few seconds. Between two beats that are too far apart the
-- horde was down, which is nobody's fault: all deadlines are then put off by as much (dispatch/down_time.py).

CREATE TABLE horde_beat (
    is_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_only_row),
    beat_at     timestamptz,                          -- null until the first
    down_s      double precision NOT NULL DEFAULT 0   -- seconds that the horde was down, all in all
);
INSERT INTO horde_beat DEFAULT VALUES;
