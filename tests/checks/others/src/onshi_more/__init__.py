"""What one support desk wants to know besides of every site."""
