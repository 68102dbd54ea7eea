-- Embeddings are a kind as others: what is counted of accounts names kinds as the table `kind` does, which has no list either.
ALTER TABLE account_record DROP CONSTRAINT account_record_domain_check;
