"""The pages as people see them, in the system's Chromium; skipped where there is none."""
