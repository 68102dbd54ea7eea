"""Texts: what is offered, how a hand-out is read, how texts are made, formatted and handed in."""
