"""The bundled PostgreSQL server, and Django's database engine for it."""
