"""What a catalogue means for purchases and renewals, as it stands or as somebody is typing it.

Nothing here writes, and nothing here knows a price by itself: the book that charges is asked.
"""
