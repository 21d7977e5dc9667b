"""The staff side: the admin site, who may do what in it, and what its pages are built from."""
