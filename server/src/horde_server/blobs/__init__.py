"""Images in and out: one seam, a local folder or an S3-compatible store behind it."""
