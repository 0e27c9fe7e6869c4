"""A subset of Windows PowerShell 5.1: parsed by tree-sitter-powershell, evaluated strictly.

What the subset lacks fails: an unknown command, parameter, type or member with Windows
PowerShell's own error, a construct that the evaluator doesn't know with the error id
`MockUnsupported`.
"""
