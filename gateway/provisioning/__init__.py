"""What an installer does: enrol, flash, label, and set up the broker."""
