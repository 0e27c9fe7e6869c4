"""powershell.exe by a real engine: its language, with this PC's cmdlets.

`server` starts one engine a PC (PowerShell 7, or the hosted engine's `ask`) and opens a runspace in
it for each powershell.exe; the C# here runs inside. `table` makes the cmdlets' functions from the
mock's declarations, `answers` does what a script asks of the PC, `values` carries values over.
Who starts powershell.exe goes through `shell` alone.
"""
