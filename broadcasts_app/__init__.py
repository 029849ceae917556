"""Broadcasts (campaigns) and their sends. Each send is one SMS to one recipient."""
