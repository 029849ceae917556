"""Records: lines of input that become rows. A source describes here how its own are parsed, staged and merged."""
