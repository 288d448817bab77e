"""The database: one engine, one writer, a journal that comes first."""
