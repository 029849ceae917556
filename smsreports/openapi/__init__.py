"""The published description of the API: made of what dialects and views say of themselves, and a page to try it."""
