"""The report page in parts: what it says of each event, what its summary counts, the files it is made of."""
