"""What comes in from the broker: bytes to events, or a counted refusal."""
