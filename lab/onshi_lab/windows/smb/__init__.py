"""File sharing: the shares of this PC (served by Samba) and access to those of others."""
