-- Styles: prompts with holes, models and parameters under one name; pictures that show them; collections of styles.
-- Names and infos are stored with their markup escaped, so they may be longer than they were sent.

CREATE TABLE style (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL,                          -- of request: image, text
    account_id    integer NOT NULL REFERENCES account (id),
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 500),
    info          text CHECK (length(info) <= 5000),
    prompt        text NOT NULL CHECK (length(prompt) <= 10000),
    params        json NOT NULL DEFAULT '{}',             -- what was named of them, by the API's words
    public        boolean NOT NULL DEFAULT true,
    nsfw          boolean NOT NULL DEFAULT false,
    tags          text[] NOT NULL DEFAULT '{}',
    models        text[] NOT NULL CHECK (cardinality(models) BETWEEN 1 AND 5),
    shared_key_id uuid,                                   -- that pays for its users
    use_count     bigint NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);
-- a page of a list walks one of these, and never sorts
CREATE INDEX style_by_use ON style (kind, use_count DESC, created_at, id) WHERE public;
CREATE INDEX style_by_age ON style (kind, created_at, id) WHERE public;
CREATE INDEX style_by_tag ON style USING gin (tags) WHERE public;
CREATE INDEX style_by_model ON style USING gin (models) WHERE public;
CREATE INDEX style_by_name ON style (name, created_at);
CREATE INDEX style_by_shared_key ON style (shared_key_id) WHERE shared_key_id IS NOT NULL;

CREATE TABLE style_example (
    id         uuid PRIMARY KEY,
    style_id   uuid NOT NULL REFERENCES style (id) ON DELETE CASCADE,
    url        text NOT NULL CHECK (length(url) <= 2000),
    is_primary boolean NOT NULL,
    place      bigint GENERATED ALWAYS AS IDENTITY,       -- their order
    UNIQUE (style_id, url)
);
CREATE UNIQUE INDEX style_example_primary ON style_example (style_id) WHERE is_primary;

CREATE TABLE style_collection (
    id         uuid PRIMARY KEY,
    kind       text NOT NULL,
    account_id integer NOT NULL REFERENCES account (id),
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 500),
    info       text CHECK (length(info) <= 5000),
    public     boolean NOT NULL DEFAULT true,
    use_count  bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);
CREATE INDEX style_collection_by_use ON style_collection (use_count DESC, created_at, id) INCLUDE (kind) WHERE public;
CREATE INDEX style_collection_by_age ON style_collection (created_at, id) INCLUDE (kind) WHERE public;
CREATE INDEX style_collection_by_name ON style_collection (name, created_at);

CREATE TABLE style_collection_member (
    collection_id uuid NOT NULL REFERENCES style_collection (id) ON DELETE CASCADE,
    style_id      uuid NOT NULL REFERENCES style (id) ON DELETE CASCADE,
    place         integer NOT NULL,
    PRIMARY KEY (collection_id, style_id)
);
CREATE INDEX style_collection_member_of_style ON style_collection_member (style_id);

-- Uses land here with the request that makes them, and are added to `use_count` in batches (styles/uses.py): a style that
-- everybody uses is never a row that everybody waits for.
CREATE TABLE style_use (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    used_id uuid NOT NULL                                 -- of a style or a collection
);

ALTER TABLE account_record DROP CONSTRAINT account_record_record_check;
ALTER TABLE account_record ADD CONSTRAINT account_record_record_check
    CHECK (record IN ('usage', 'contribution', 'fulfillment', 'request', 'style'));
