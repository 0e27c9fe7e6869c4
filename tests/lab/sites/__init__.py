"""Sites that nobody wrote: a seed gives a valid site, and the lab raises, proves and breaks it.

Run them:

    make sites N=200 SEED=1                                   # seeds 1 to 200, two labs at a time
    python -m tests.lab.sites --seeds 17 30..34               # some of them
    python -m tests.lab.sites --seeds 1..50 --on pcs          # with a dimension that is off
    python -m tests.lab.sites --seeds 1..20 --list            # only say which sites these are

A line a seed; the summary lists the seeds that failed. Each becomes a line of `test_seeds.py`,
which `make test` runs together with a small sample.

How a site comes about, a file each:

- `dimensions`  what sites differ in (`Dimension`), what of it is `ON`, each dimension's own chance
- `draws`       what chance decides in each dimension, and its plain value
- `compose`     what is drawn apart, fitted together: `generate(seed, on)` is the one way in
- `names`, `existing`   names, and lines that somebody typed on the router before
- `lies`        in what one thing the truth differs from the sheet, and what must name it
- `site`        the result: `Belief` (the sheet), `World` (the truth), `Told` (the lie)
- `write`       the inventory on disk, `world.yaml` beside the site
- `exercise`    the site in a lab, step by step; `__main__` runs many

A dimension that is off takes its plain value and changes nothing that the others draw for the
same seed. Belief and truth are drawn apart: `world.yaml` holds only what the sheet can't say
(firmware, prefixes) or says wrongly, so that the lab must make the rest of the inventory alone.

To add a dimension: a member of `Dimension`, its draw, its drawer, its place in `compose`. To add a
lie: an entry of `LIES`; the tests hold that it comes, and that what it must lead to exists.

The generator knows the inventory's file format, not the product's code, and the lab's form of
`world.yaml`, not its code; `test_generator.py` holds it to both.
"""
