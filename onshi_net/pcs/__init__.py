"""What a Windows PC is: the things on it, what must be there, and the words it is asked in. Pure.

Nothing here talks to a PC; plan, provisioning and checks all judge by it.

- `resources`  the things that are compared: a value with a key; a difference is a value before
  and after
- `decision`   things there, things wanted, conflicts that a person must settle, notes
- `routes`, `receipt`, `terminal`  what must be there, from intent and state
- `proof`      what the access proof says about the credential entries
- `powershell` a value as a literal, and the scripts of `templates/windows/`
- `answers`    what a script printed, typed
"""
