"""The first hour of a newcomer: the real commands, in folders of their own, on machines that lack something."""
