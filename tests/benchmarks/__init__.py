"""Measures against yardsticks: `make bench` builds its own data, serves it and prints ratios; it asserts no times."""
