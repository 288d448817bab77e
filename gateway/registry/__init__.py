"""Who and what is enrolled, and what is announced: checked here, whoever says it."""
