"""`ember-demo`: a small text-to-image model of our own, run with numpy alone, so a fresh worker can take a job."""
