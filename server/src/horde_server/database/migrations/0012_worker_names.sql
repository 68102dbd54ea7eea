-- A new worker's name may not look like that of another account's worker: in another case, or in other widths.

CREATE INDEX worker_looks ON worker (lower(normalize(name, NFKC)));
