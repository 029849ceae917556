"""Read-only admin for SMS traffic: lists, search, reveals, timelines and exports."""
