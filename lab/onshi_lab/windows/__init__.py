"""A mock Windows PC: WS-Management, logons, cmd.exe, a PowerShell 5.1 subset, real state.

Start it with ``python -m onshi_lab.windows``. Nothing here is imported by the product; the lab's
topology starts one process per PC inside that PC's network namespace.
"""
