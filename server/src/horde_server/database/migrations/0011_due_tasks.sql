-- Durable tasks whose time has not come are no work for those who look for due ones. The look of procrastinate reads
-- all that wait by their priority, unless it finds the due ones by their time, and other tasks under one lock cheaply:
-- without the second index the planner takes that check (nothing of ours has a lock) for so dear that it never uses the first.

CREATE INDEX task_due ON procrastinate_jobs (scheduled_at) WHERE status = 'todo';
CREATE INDEX task_lock ON procrastinate_jobs (lock) WHERE lock IS NOT NULL;
