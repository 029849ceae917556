"""Statuses, time windows, segments and countries of an SMS."""
