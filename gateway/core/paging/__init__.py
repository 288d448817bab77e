"""From a step of the escalation policy to the people on duty: routing, schedule, limits."""
