"""T3: by how many days the forecast completion of a large capital project slips over the next twelve months."""
