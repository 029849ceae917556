"""Benchmarks against baselines: `make bench` builds data, serves it and prints ratios; it asserts no times."""
