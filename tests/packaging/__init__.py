"""The wheel, the source distribution and the project files."""
