-- The open requests alone: every node compares its memory with them each few seconds (dispatch/mirror.py), and reads them
-- all at its start. Without, each look read every request that is still kept, and most of those are done.

CREATE INDEX request_open ON request (id) WHERE (waiting > 0 OR processing > 0) AND state <> 'faulted';
