"""Pages of the marketplace: the partner's own, and those for everyone."""
