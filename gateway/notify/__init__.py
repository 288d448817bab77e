"""What goes out: the outbox, its deliveries, their channels, and history for charts."""
