"""How a site travels: packed into one sealed file, opened elsewhere, brought back and merged.

`merge` decides what comes of two changed copies (pure); `parcel` is the sealed and signed file;
`packing` collects what a visit needs and remembers it; `opening` makes a folder of it elsewhere;
`bringing` plans and writes what a visit brought back. Called by the commands `pack` and `take-in`.
"""
