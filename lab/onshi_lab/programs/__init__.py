"""Small programs that run inside nodes; the services start them with `python -m`."""
