"""`ember-demo-caption`: says what is in a picture of the small world of `ember-demo`, or that it is not of it."""
