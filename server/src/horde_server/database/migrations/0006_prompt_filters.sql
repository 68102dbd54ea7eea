-- Regular expressions that moderators keep against prompts (accounts.md §7).

CREATE TABLE prompt_filter (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    filter_type smallint NOT NULL CHECK (filter_type BETWEEN 10 AND 29),
    regex       text NOT NULL CHECK (length(regex) BETWEEN 1 AND 2000),
    description text CHECK (length(description) <= 1000),
    replacement text NOT NULL DEFAULT '' CHECK (length(replacement) <= 255),
    account_id  integer NOT NULL REFERENCES account (id)     -- who made it, or changed it last
);
-- A regex is too long for an index of its own.
CREATE UNIQUE INDEX prompt_filter_once ON prompt_filter (filter_type, md5(regex));
