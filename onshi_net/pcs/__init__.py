"""What a Windows PC is: the things on it, what must be there, and the words it is asked in. Pure.

Nothing here talks to a PC; plan, provisioning and checks all judge by it.

- `differ`     the one place where a PC's difference from its intent is computed
- `resources`  the things that are compared: a value with a key; a difference is a value before
  and after
- `decision`   a kind of thing as data (what of it is there, what must be), and what comes of it:
  things there, things wanted, conflicts that a person must settle, notes
- `preconditions`  what on a PC keeps the work from coming out
- `routes`, `receipt`, `terminal`  the kinds of each PC, and what is wanted of them
- `proof`      what the access proof says about the credential entries
- `powershell` a value as a literal, and the scripts of `templates/windows/`
- `answers`    what a script printed, typed
"""
