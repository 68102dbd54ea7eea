-- Webhooks (generation.md §2.13): requesters are told of each finished job, and of the end of their request.

ALTER TABLE request
    ADD COLUMN webhook json;   -- webhooks/hook.py; null: nobody wants to be told
ALTER TABLE interrogation
    ADD COLUMN webhook json;   -- its forms have it too; null once its end is told

-- What an account's deliveries are signed with. Kept as it is and not hashed: signing needs it, and its owner reads it.
CREATE TABLE webhook_secret (
    account_id integer PRIMARY KEY REFERENCES account (id),
    secret     bytea NOT NULL,
    renewed_at timestamptz NOT NULL DEFAULT now(),
    previous   bytea           -- signs beside the new one for a day after the renewal
);

-- What is still to be delivered; a row goes when it is, or when it is given up. It needs its request no more, which
-- may have expired since.
CREATE TABLE webhook_delivery (
    id         uuid PRIMARY KEY,
    account_id integer NOT NULL,
    url        text NOT NULL,
    body       json NOT NULL,          -- all of it but the picture
    picture    json,                   -- webhooks/hook.py: put into the body when it is sent
    attempts   integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_delivery_by_account ON webhook_delivery (account_id);

-- Take note of something to be told, with the task that tells it (webhooks/delivery.py), in the caller's transaction.
-- False when too much is to be told that account already: its receiver does not keep up, or does not exist.
CREATE FUNCTION webhook_announce(_account_id integer, _url text, _body json, _picture json) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    _id uuid := gen_random_uuid();
BEGIN
    INSERT INTO webhook_delivery (id, account_id, url, body, picture)
    SELECT _id, _account_id, _url, _body, _picture
    WHERE (SELECT count(*) FROM (SELECT FROM webhook_delivery WHERE account_id = _account_id LIMIT 1000) AS kept) < 1000;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM procrastinate_defer_jobs_v1(ARRAY[
        ROW('webhooks.deliver', 'webhooks.deliver', 0, NULL, NULL, jsonb_build_object('id', _id), NULL)
            ::procrastinate_job_to_defer_v1]);
    RETURN true;
END $$;

-- The end of a request is told by triggers: whichever statement ends one, it is told in its transaction, once, and
-- requests without a webhook pay for no more than the look at one column.
CREATE FUNCTION webhook_request_is_done(_request request) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT _request.state = 'faulted' OR (_request.waiting = 0 AND _request.processing = 0) $$;

-- An interrogation ends with the last of its forms.
CREATE FUNCTION webhook_tell_interrogation(_ended interrogation, _is_expired boolean) RETURNS void
LANGUAGE sql AS $$
    SELECT webhook_announce(_ended.account_id, _ended.webhook ->> 'url', json_build_object(
        'event', 'request.' || CASE WHEN _is_expired THEN 'expired'
                                    WHEN bool_or(state = 'cancelled') THEN 'cancelled'
                                    WHEN bool_and(state = 'faulted') THEN 'faulted' ELSE 'finished' END,
        'request', _ended.id,
        'finished', coalesce(sum(finished) FILTER (WHERE state = 'open'), 0),
        'processing', 0,
        'restarted', sum(restarted),
        'waiting', 0,
        'done', true,
        'faulted', bool_and(state = 'faulted'),
        'kudos', round(sum(consumed_hundredths) / 100.0)
    ), NULL)
    FROM request WHERE interrogation_id = _ended.id
$$;

CREATE FUNCTION webhook_form_ended(_interrogation_id uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    _ended interrogation;
BEGIN
    -- one form after the other: of two that end at once the second sees the first
    SELECT * INTO _ended FROM interrogation WHERE id = _interrogation_id FOR UPDATE;
    IF _ended.webhook IS NULL OR EXISTS (
        SELECT FROM request AS form WHERE interrogation_id = _interrogation_id AND NOT webhook_request_is_done(form)
    ) THEN
        RETURN;
    END IF;
    UPDATE interrogation SET webhook = NULL WHERE id = _interrogation_id;
    PERFORM webhook_tell_interrogation(_ended, false);
END $$;

CREATE FUNCTION webhook_interrogation_expired() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM webhook_tell_interrogation(OLD, true);
    RETURN OLD;
END $$;

CREATE FUNCTION webhook_request_ended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    _ended request := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    IF webhook_request_is_done(OLD) OR NOT (TG_OP = 'DELETE' OR webhook_request_is_done(NEW)) THEN
        RETURN NULL;
    END IF;
    IF _ended.kind = 'interrogation' THEN
        PERFORM webhook_form_ended(_ended.interrogation_id);
        RETURN NULL;
    END IF;
    PERFORM webhook_announce(_ended.account_id, _ended.webhook ->> 'url', json_build_object(
        'event', 'request.' || CASE WHEN TG_OP = 'DELETE' THEN 'expired'
                                    WHEN _ended.state = 'open' THEN 'finished' ELSE _ended.state END,
        'request', _ended.id,
        'finished', _ended.finished,
        'processing', CASE WHEN TG_OP = 'DELETE' THEN 0 ELSE _ended.processing END,
        'restarted', _ended.restarted,
        'waiting', CASE WHEN TG_OP = 'DELETE' THEN 0 ELSE _ended.waiting END,
        'done', true,
        'faulted', _ended.state = 'faulted',
        'kudos', round(_ended.consumed_hundredths / 100.0)
    ), NULL);
    RETURN NULL;
END $$;

CREATE TRIGGER webhook_request_ended AFTER UPDATE ON request FOR EACH ROW
    WHEN (NEW.webhook IS NOT NULL) EXECUTE FUNCTION webhook_request_ended();
CREATE TRIGGER webhook_request_expired AFTER DELETE ON request FOR EACH ROW
    WHEN (OLD.webhook IS NOT NULL AND OLD.kind <> 'interrogation') EXECUTE FUNCTION webhook_request_ended();
CREATE TRIGGER webhook_interrogation_expired BEFORE DELETE ON interrogation FOR EACH ROW
    WHEN (OLD.webhook IS NOT NULL) EXECUTE FUNCTION webhook_interrogation_expired();
