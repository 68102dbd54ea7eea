"""What a horde tells about itself: news, terms, privacy, sponsors, and the document that federations read."""
