-- What a worker tells of a text beside the text: why it ends, how many tokens, the functions that are called.
ALTER TABLE job ADD COLUMN told json;

-- What an account calls models: read with it by whoever speaks a dialect.
ALTER TABLE account ADD COLUMN model_aliases json NOT NULL DEFAULT '{}';
