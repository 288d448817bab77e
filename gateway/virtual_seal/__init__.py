"""The real firmware without a chip: a board of air, and the canary that runs on one."""
