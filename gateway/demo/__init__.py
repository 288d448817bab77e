"""The demo: a broker, a gateway and a building of twelve sealed doors on one machine."""
