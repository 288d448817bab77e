"""One door: what a report shows, which rules judge it and in which order. Begin at step.py."""
