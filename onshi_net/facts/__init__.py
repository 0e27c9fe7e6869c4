"""What was measured at a site: frozen, typed, storable as `evidence.json`, with a format number.

- `outcome`  how a question ended
- `types`    a `Reading`, and all that is stored of router, laptop and site
- `stored`   evidence of every format, as this version has it
- `pc`       what a PC answered
- `windows`  how the session with each PC went, with what it answered

Facts are states, never verdicts: what differs from an intent is told by whoever judges them.
"""
