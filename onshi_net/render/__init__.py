"""Where all templates lie."""
