"""Any starting configuration: generated, planned, applied on the mock, judged line by line, undone.

- `space`     sets of headers, exact: every header that any filter of a run tells from another
- `reading`   what a configuration passes between any two places, from the vendor's reference alone
- `generate`  running configurations of every model, by a seed
- `judge`     one start: the plan's every line, and its undo
- `packets`   the same moments asked of the mock's kernel with real packets

`python -m tests.platforms.yamaha.starts --n 5000 --seed 1` runs many; with `--packets` these too.
"""
