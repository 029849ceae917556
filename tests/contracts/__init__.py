"""Contracts of endpoints. Each endpoint of each dialect has one class, which inherits its tests."""
