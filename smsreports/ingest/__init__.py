"""Getting traffic in: records become rows, once each, in whatever order they come."""
