"""Tools around the API's own description. Nothing here is imported by the clients."""
