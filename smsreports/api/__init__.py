"""How any list, item and export runs, in whichever dialect it is asked for."""
