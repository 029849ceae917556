"""The service as an attacker meets it: over real HTTP, at the real server, with whatever bytes can be sent."""
