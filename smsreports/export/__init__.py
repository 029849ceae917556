"""Exports: columns, file formats, compression and the streaming response."""
