"""Dialects of the API, one folder per vendor. To add one, add its folder and list it in `DIALECTS`."""
