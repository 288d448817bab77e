"""Who may see and do what: today one password for a site, in `site_password`."""
