"""What goes out: the outbox, its couriers, their channels, and history for charts."""
