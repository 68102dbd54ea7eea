-- What statements must know of a kind of request (dispatch/kind.py: KindRow). The code that starts writes its kinds here,
-- so that a new kind needs no migration; no foreign keys, since each would cost every request a look and a lock.

CREATE TABLE kind (
    name                         text PRIMARY KEY,
    max_faults                   int NOT NULL,
    max_dropped_per_hour         int NOT NULL,
    max_dropped_per_hour_in_raid int NOT NULL,
    record_unit                  float8 NOT NULL CHECK (record_unit > 0),
    is_taxed                     bool NOT NULL
);

INSERT INTO kind VALUES ('image', 3, 20, 10, 1e6, true), ('text', 3, 20, 10, 1, true),
                        ('interrogation', 4, 100, 100, 1, false);

ALTER TABLE worker DROP CONSTRAINT worker_kind_check;
ALTER TABLE request DROP CONSTRAINT request_kind_check;
