"""What servers of texts have in common: how a job is put into words for them, and how their streams are read."""
