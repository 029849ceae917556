"""Admin lists of SMS."""
