"""The truth of the golden sheets, established with torch and without the checker (see tests/sheets/README.md)."""
