"""Broadcasts: campaigns, and their sends of one SMS to one recipient each."""
