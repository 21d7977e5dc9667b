"""Pages for partners who claim, and for clients who answer."""
