"""The pytest plugin: `pytest --onshi-site SITE` runs the checks."""
