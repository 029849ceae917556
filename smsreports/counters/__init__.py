"""The kept totals: fed by triggers, squashed later, read instead of counting."""
