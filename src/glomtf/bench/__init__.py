"""Glom measured beside glom-pytorch and beside what the machine could do."""
