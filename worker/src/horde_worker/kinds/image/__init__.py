"""Images: what is offered, how a hand-out is read, how pictures are made, packed and handed in."""
