"""Who may come in: `site_password`, one name and password for a whole site."""
