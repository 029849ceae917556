"""First use of a checkout: the real commands, in separate folders, on incomplete machines."""
