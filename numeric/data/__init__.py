"""The data of the experiments: where they come from, and how their files are read."""
