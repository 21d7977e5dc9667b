"""Small parts with no knowledge of the apps."""
