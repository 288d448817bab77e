"""Pages for people. A press of a button becomes an event into the loop, never a write."""
