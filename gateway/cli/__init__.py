"""The bodies of the commands that `menshen` offers, one file each."""
