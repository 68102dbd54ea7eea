-- The end of a request is told by the code that ends it (dispatch/announcements.py), in the same transaction, and no more
-- by the triggers of migration 0005. Those stay until a later release removes them, with their functions: in the middle
-- of an update they tell of what nodes of the earlier version end. Sessions of nodes that tell it themselves say so
-- (`horde.tells_ends`, database/pool.py), and for them the triggers do nothing. Whoever told an end writes it down, so
-- that nobody tells it again. That is asked within the functions: in a trigger's WHEN each update would pay for it.

ALTER TABLE request
    ADD COLUMN end_told boolean NOT NULL DEFAULT false;   -- whether the webhook knows that this request came to its end

UPDATE request SET end_told = true WHERE webhook IS NOT NULL AND webhook_request_is_done(request);

CREATE FUNCTION webhook_is_told_by_code() RETURNS boolean
LANGUAGE sql STABLE AS $$ SELECT coalesce(current_setting('horde.tells_ends', true), '') = 'on' $$;

CREATE OR REPLACE FUNCTION webhook_request_ended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    _ended request := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    IF webhook_is_told_by_code() OR _ended.end_told
       OR webhook_request_is_done(OLD) OR NOT (TG_OP = 'DELETE' OR webhook_request_is_done(NEW)) THEN
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
    IF TG_OP = 'UPDATE' THEN
        UPDATE request SET end_told = true WHERE id = _ended.id;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION webhook_interrogation_expired() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT webhook_is_told_by_code() THEN
        PERFORM webhook_tell_interrogation(OLD, true);
    END IF;
    RETURN OLD;
END $$;
