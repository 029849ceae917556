"""Two accounts that look alike: whatever the one has or does, nothing that the other one gets shows or moves."""
