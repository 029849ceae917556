"""Staff pages of traffic: what is asked, where the rows come from, and what of them is shown to whom."""
