"""AUTOMATIC1111's API, which Forge and SD.Next speak too: what each has, and jobs as it understands them."""
