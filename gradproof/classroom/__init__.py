"""A class of sheets: what was handed in, marked by many processes or machines, and what there is to say of all."""
