"""Signing in by a service where somebody is known already: OpenID Connect, or OAuth 2."""
