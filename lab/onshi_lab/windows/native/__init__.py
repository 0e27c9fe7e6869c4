r"""Programs of C:\Windows\System32, each a function of the PC, its process and its arguments."""
