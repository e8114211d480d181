"""The command line: ``fenban VERB``."""
