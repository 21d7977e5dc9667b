"""What the start page tells besides the queues: what happened, and what will."""
