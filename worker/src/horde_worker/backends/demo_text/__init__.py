"""`ember-demo-text`: the built-in language model, in numpy."""
