-- What a worker tells of a text beside the text: why it ends, how many tokens, the functions that are called.
ALTER TABLE job ADD COLUMN told json;
