"""Read-only admin for traffic: lists, search, reveals, timelines and exports."""
