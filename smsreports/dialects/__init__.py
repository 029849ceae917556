"""The ways of speaking the API, one folder each; a third is one folder and its name in `DIALECTS`."""
