"""From intent to the text that a Windows PC takes, and where all templates lie."""
