"""The models, as data."""
