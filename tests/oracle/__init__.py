"""A second, independent reading of the contract: random traffic, a slow model, and their comparison."""
