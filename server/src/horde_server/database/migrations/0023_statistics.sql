-- Statistics, statements of accounts, and monthly grants.
--
-- What was delivered, by period: counted by the fold (kudos/fold_store.py), so that nobody who asks for it makes the horde
-- sum up its history. Periods begin at full minutes, hours, days and months (UTC); 'total' is one row that begins with the
-- epoch. Fine grains are thinned (statistics/store.py).

CREATE TABLE work_by_period (
    domain text        NOT NULL,
    grain  text        NOT NULL CHECK (grain IN ('minute', 'hour', 'day', 'month', 'total')),
    period timestamptz NOT NULL,
    jobs   bigint           NOT NULL,
    things double precision NOT NULL,   -- pixelsteps or tokens
    PRIMARY KEY (domain, grain, period)
);
CREATE TABLE work_by_model (
    domain text        NOT NULL,
    grain  text        NOT NULL CHECK (grain IN ('hour', 'day', 'month', 'total')),
    period timestamptz NOT NULL,
    model  text        NOT NULL,
    jobs   bigint      NOT NULL,
    PRIMARY KEY (domain, grain, period, model)
);

ALTER TABLE work_done ADD COLUMN jobs bigint NOT NULL DEFAULT 0;

-- With which model, or by which form, a job was done. Both tables have the same columns in the same order: the fold moves
-- whole rows.
ALTER TABLE ledger_inbox ADD COLUMN model text;
ALTER TABLE ledger_entry ADD COLUMN model text;
CREATE OR REPLACE VIEW ledger AS SELECT * FROM ledger_entry UNION ALL SELECT * FROM ledger_inbox;

-- An account's own lines, newest first. Of what the horde itself gives and takes nobody has a statement.
CREATE INDEX ledger_entry_by_payer ON ledger_entry (payer, created_at, event_id) WHERE payer >= 0;
CREATE INDEX ledger_entry_by_payee ON ledger_entry (payee, created_at, event_id) WHERE payee >= 0;

-- Whoever is due something monthly; kudos/grants.py looks at nobody else.
CREATE INDEX account_by_entitlement ON account (id) WHERE monthly_kudos > 0 OR moderator;

-- How many movements were written to the history and how many hundredths they moved, by their day (UTC): what
-- `horde admin audit-ledger` holds the history against. By a trigger, so that it holds whichever release folds; for each
-- statement, as the fold writes thousands at once. Nothing else writes to the history, and nothing changes it.
CREATE TABLE ledger_day (
    day                date    PRIMARY KEY,
    movements          bigint  NOT NULL,
    amount_hundredths  numeric NOT NULL
);

CREATE FUNCTION ledger_day_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_day AS known (day, movements, amount_hundredths)
    SELECT (created_at AT TIME ZONE 'UTC')::date, count(*), sum(amount_hundredths) FROM written GROUP BY 1
    ON CONFLICT (day) DO UPDATE
        SET movements = known.movements + excluded.movements,
            amount_hundredths = known.amount_hundredths + excluded.amount_hundredths;
    RETURN NULL;
END $$;

LOCK TABLE ledger_entry IN SHARE ROW EXCLUSIVE MODE;   -- nobody folds between the count and the trigger
INSERT INTO ledger_day
SELECT (created_at AT TIME ZONE 'UTC')::date, count(*), sum(amount_hundredths) FROM ledger_entry GROUP BY 1;

CREATE TRIGGER ledger_day_count AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ledger_day_count();

-- What was delivered before there were statistics; with which model nobody wrote down.
INSERT INTO work_by_period
SELECT domain, grain, CASE grain WHEN 'total' THEN 'epoch' ELSE date_trunc(grain, created_at, 'UTC') END,
       count(*), sum(things)
FROM ledger_entry, unnest('{hour,day,month,total}'::text[]) AS grain
WHERE things IS NOT NULL AND (grain <> 'hour' OR created_at > now() - interval '31 days')
GROUP BY 1, 2, 3;
