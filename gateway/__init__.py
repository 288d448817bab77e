"""Menshen's gateway: from a seal's report to the warden's phone, with everything written first."""
