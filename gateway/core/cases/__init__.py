"""Cases: what needs a person, who does what about it, and why something is refused."""
