"""The section `[household]`: what the site promises those who live behind its doors."""

from gateway.settings.matters import HouseholdMatters


class Household(HouseholdMatters):
    """What a household may ask for, and how soon it is answered."""
